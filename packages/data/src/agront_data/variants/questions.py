"""What scores ask of a model, of three kinds; and the answers, by one call for each kind."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32, Integer

from agront_data.variants.likelihoods import BaseModel, Likelihoods, Question, answers

Vectors = Callable[[list[Integer[np.ndarray, "_T"]], list[int]], Sequence[Float32[np.ndarray, "_two D"]]]
"""From rows of token ids, and a position in each, to the vector of the token there and the mean of the row, such as
`agront_model.inference.TokenVectors`."""


class VectorQuestion(NamedTuple):
    """A row for a model to read, and the token whose vector is asked, and the mean of the row.

    Attributes:
        tokens: Ids that the model reads, `<cls>` first.
        position: Of the token; `<cls>` has position 0.
    """

    tokens: Integer[np.ndarray, "T"]
    position: int


class BasesQuestion(NamedTuple):
    """A row for a model to read, whose probabilities of bases are asked.

    Attributes:
        tokens: Ids that the model reads, `<cls>` first.
    """

    tokens: Integer[np.ndarray, "T"]


AnyQuestion = Question | VectorQuestion | BasesQuestion


class Model(NamedTuple):
    """A model, as far as scores need it.

    Attributes:
        likelihoods: Of tokens; None where no score asks for them.
        vectors: Of tokens and rows; likewise.
        bases: Probabilities; likewise.
    """

    likelihoods: Likelihoods | None = None
    vectors: Vectors | None = None
    bases: BaseModel | None = None


def all_answers(questions: Sequence[AnyQuestion], model: Model) -> list[np.ndarray]:
    """Answers questions in their order; of those that are the same, one.

    Args:
        questions: The questions.
        model: Is called once for each kind of question that there is.

    Returns:
        Of a `Question` log p of its pairs; of a `VectorQuestion` two vectors, [2, D]; of a `BasesQuestion`
        probabilities, [tokens, k, 4].

    Raises:
        ValueError: The model does not answer questions of a kind.
    """
    found: list[Any] = [None] * len(questions)
    for kind, name, answer in (
        (Question, "likelihoods", _likelihoods),
        (VectorQuestion, "vectors", _vectors),
        (BasesQuestion, "bases", _bases),
    ):
        places = [place for place, each in enumerate(questions) if isinstance(each, kind)]
        if not places:
            continue
        part: Any = getattr(model, name)
        if part is None:
            raise ValueError(f"a score asks the model for {name}, and it has none: give the scoring its {name}, too")
        for place, values in zip(places, answer([questions[place] for place in places], part), strict=True):
            found[place] = values
    return found


def _likelihoods(questions: Sequence[Any], likelihoods: Likelihoods) -> Sequence[np.ndarray]:
    return answers(questions, likelihoods)


def _vectors(questions: Sequence[Any], vectors: Vectors) -> list[np.ndarray]:
    each_once, which = _distinct(questions, [(each.tokens.tobytes(), each.position) for each in questions])
    found = vectors([each.tokens for each in each_once], [each.position for each in each_once])
    return [found[number] for number in which]


def _bases(questions: Sequence[Any], bases: BaseModel) -> list[np.ndarray]:
    each_once, which = _distinct(questions, [each.tokens.tobytes() for each in questions])
    found = bases([each.tokens for each in each_once])
    return [found[number] for number in which]


def _distinct(questions: Sequence[Any], keys: Sequence[Hashable]) -> tuple[list[Any], list[int]]:
    """Returns the questions that differ, and for each of all which of those it is."""
    numbers: dict[Hashable, int] = {}
    which = [numbers.setdefault(key, len(numbers)) for key in keys]
    firsts = dict(zip(reversed(which), reversed(questions), strict=True))
    return [firsts[number] for number in range(len(numbers))], which
