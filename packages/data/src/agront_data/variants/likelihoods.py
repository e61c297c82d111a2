"""What is asked of a model: log-likelihoods of tokens, each row that it reads once."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64, Int64, Integer

Likelihoods = Callable[[list[Integer[np.ndarray, "_T"]], list[Int64[np.ndarray, "_A 2"]]], Sequence[np.ndarray]]
"""From rows of token ids, and pairs (position, token id) asked of each, to log p of every pair, such as
`agront_model.inference.TokenLikelihoods`."""

BaseModel = Callable[[list[Integer[np.ndarray, "_T"]]], Sequence[np.ndarray]]
"""From rows of token ids, `<cls>` first, to the probabilities of A, T, C, G, [tokens, k, 4] of each, such as
`agront_model.inference.BaseLikelihoods`."""


class Question(NamedTuple):
    """A row for a model to read, and the tokens whose likelihoods are asked.

    Attributes:
        tokens: Ids that the model reads, `<cls>` first.
        asked: Pairs (position, token id); `<cls>` has position 0. The row may have another token there, such as
            `<mask>`.
    """

    tokens: Integer[np.ndarray, "T"]
    asked: Int64[np.ndarray, "A 2"]


def answers(questions: Sequence[Question], likelihoods: Likelihoods) -> list[Float64[np.ndarray, "_A"]]:
    """Computes log p of all that is asked; questions with the same tokens are one row for the model.

    What questions of a row ask with the same array (the same object) is asked once.

    Args:
        questions: The questions.
        likelihoods: The model.

    Returns:
        For each question log p of its pairs, natural logarithm.
    """
    rows: dict[bytes, int] = {}
    tokens: list[Integer[np.ndarray, "_T"]] = []
    asked: list[list[Int64[np.ndarray, "_A 2"]]] = []
    sizes: list[int] = []
    places: dict[tuple[int, int], tuple[int, int, int]] = {}  # row, and which of its pairs
    keys: list[tuple[int, int]] = []
    for question in questions:
        row = rows.setdefault(question.tokens.tobytes(), len(tokens))
        if row == len(tokens):
            tokens.append(question.tokens)
            asked.append([])
            sizes.append(0)
        keys.append((row, id(question.asked)))
        if keys[-1] not in places:
            places[keys[-1]] = (row, sizes[row], sizes[row] + len(question.asked))
            asked[row].append(question.asked)
            sizes[row] += len(question.asked)
    answered = likelihoods(tokens, [np.concatenate(pairs) for pairs in asked])
    found = [np.asarray(values, np.float64) for values in answered]
    return [found[row][first:last] for row, first, last in map(places.__getitem__, keys)]


def log_sum_exp(values: Float[np.ndarray, "A"]) -> float:
    """Returns the logarithm of a sum of numbers whose logarithms are given; minus infinity of none."""
    most = values.max(initial=-np.inf)
    return float(most + np.log(np.exp(values - most).sum())) if values.size else -np.inf
