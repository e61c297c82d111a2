"""Scores as sums of log-likelihoods: what a model has to read, each row once."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64, Integer

Likelihoods = Callable[[list[Integer[np.ndarray, "_T"]], list[Int64[np.ndarray, "_A 2"]]], Sequence[np.ndarray]]
"""From rows of token ids, and pairs (position, token id) asked of each, to log p of every pair, such as
`agront_model.inference.TokenLikelihoods`."""


class Term(NamedTuple):
    """One log-likelihood of a sum.

    Attributes:
        tokens: Ids that the model reads, `<cls>` first.
        position: Position of the token that is asked for; `<cls>` has 0.
        token: Its id; `tokens` may have another there, such as `<mask>`.
        sign: 1 where log p is added, -1 where it is taken off.
    """

    tokens: Integer[np.ndarray, "T"]
    position: int
    token: int
    sign: int


def log_ratios(
    variants: Sequence[Sequence[Sequence[Term]]], likelihoods: Likelihoods
) -> list[Float64[np.ndarray, "_P"]]:
    """Computes sums of log-likelihoods, the rows of all of them together and each row once.

    Args:
        variants: For each variant its pairs of strand and frame, each of which is the terms of a sum.
        likelihoods: The model.

    Returns:
        For each variant the sums of its pairs; natural logarithm.
    """
    rows: dict[bytes, int] = {}
    tokens: list[np.ndarray] = []
    asked: list[list[tuple[int, int]]] = []
    places: list[tuple[int, int]] = []
    for term in (term for pairs in variants for pair in pairs for term in pair):
        key = term.tokens.tobytes()
        if key not in rows:
            rows[key] = len(tokens)
            tokens.append(term.tokens)
            asked.append([])
        row = rows[key]
        places.append((row, len(asked[row])))
        asked[row].append((term.position, term.token))
    found = likelihoods(tokens, [np.array(pairs, np.int64).reshape(-1, 2) for pairs in asked])
    values = iter([float(found[row][place]) for row, place in places])
    return [
        np.array([sum(term.sign * next(values) for term in pair) for pair in pairs], np.float64) for pairs in variants
    ]
