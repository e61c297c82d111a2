"""The contract test must fail where an iterator breaks the contract."""

import itertools
from typing import Any

import numpy as np
import pytest
from agront_data.testing import assert_resumes_exactly


class Counter:
    """A right iterator: batch n holds n, and n + 1."""

    def __init__(self) -> None:
        self.next = 0

    def __next__(self) -> dict[str, Any]:
        self.next += 1
        return {"a": np.array([self.next]), "b": (np.array([self.next + 1]),)}

    def get_state(self) -> dict[str, Any]:
        return {"next": self.next}

    def set_state(self, state: dict[str, Any]) -> None:
        self.next = state["next"]


def test_a_right_iterator_passes() -> None:
    assert_resumes_exactly(Counter, num_batches=5)


class Deaf(Counter):
    def set_state(self, state: dict[str, Any]) -> None:
        pass


class HiddenRandomness(Counter):
    fresh = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.offset = next(self.fresh)

    def __next__(self) -> dict[str, Any]:
        return {"a": np.array([self.offset])}


class FirstBatchOnly(Counter):
    def set_state(self, state: dict[str, Any]) -> None:
        self.next = min(state["next"], 2)

    def get_state(self) -> dict[str, Any]:
        return {"next": min(self.next, 2)}


class Bulky(Counter):
    def get_state(self) -> dict[str, Any]:
        return {"next": self.next, "history": "x" * 5000}


class OtherType(Counter):
    types = itertools.cycle([np.int64, np.int32])

    def __init__(self) -> None:
        super().__init__()
        self.type = next(self.types)

    def __next__(self) -> dict[str, Any]:
        return {"a": np.zeros(2, self.type)}


class NoJson(Counter):
    def get_state(self) -> dict[str, Any]:
        return {"next": np.int64(self.next)}


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (Deaf, AssertionError),
        (HiddenRandomness, AssertionError),
        (FirstBatchOnly, AssertionError),
        (Bulky, AssertionError),
        (OtherType, AssertionError),
        (NoJson, TypeError),
    ],
)
def test_broken_iterators_fail(make: type[Counter], error: type[Exception]) -> None:
    with pytest.raises(error):
        assert_resumes_exactly(make, num_batches=4)


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(ValueError, match="num_batches is 0"):
        assert_resumes_exactly(Counter, num_batches=0)
