"""Contract test for iterators that can be resumed, as Grain ships one for its own."""

import json
from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np

_LARGEST_STATE = 4096


@runtime_checkable
class ResumableIterator(Protocol):
    """What `assert_resumes_exactly` needs of an iterator."""

    def __next__(self) -> Any:
        """Returns the next batch: an array, or a tuple or dict of batches."""

    def get_state(self) -> dict[str, Any]:
        """Returns where the iterator stands."""

    def set_state(self, state: dict[str, Any]) -> None:
        """Goes on from where the iterator stood that gave the state."""


def assert_resumes_exactly(make_iterator: Callable[[], ResumableIterator], *, num_batches: int = 8) -> None:
    """Checks that an iterator can be stopped and resumed anywhere without losing, repeating or changing a batch.

    Two fresh iterators must give the same batches. The state after k batches, for each k up to `num_batches`, must
    pass through JSON unchanged, be small (4 KiB), not depend on what is done with the iterator later, and restore the
    rest: in a fresh iterator and in one that stands elsewhere.

    Args:
        make_iterator: Makes a fresh iterator at each call.
        num_batches: How many batches to compare.

    Raises:
        AssertionError: The contract is broken; the message says where.
        ValueError: `num_batches` is less than 1.
    """
    if num_batches < 1:
        raise ValueError(f"num_batches is {num_batches}; at least one must be compared")
    iterator = make_iterator()
    states, batches = [json.dumps(iterator.get_state())], []
    for _ in range(num_batches):
        batches.append(next(iterator))
        states.append(json.dumps(iterator.get_state()))
    fresh = make_iterator()
    for number, batch in enumerate(batches):
        _assert_same(next(fresh), batch, f"batch {number} of a second fresh iterator")
    for taken, state in enumerate(states):
        if len(state) > _LARGEST_STATE:
            raise AssertionError(f"the state after {taken} batches has {len(state)} bytes, over {_LARGEST_STATE}")
        for used, where in ((make_iterator(), "a fresh iterator"), (iterator, "a used iterator")):
            used.set_state(json.loads(state))
            if json.loads(json.dumps(used.get_state())) != json.loads(state):
                raise AssertionError(f"the state after {taken} batches, set in {where}, reads back differently")
            for number in range(taken, num_batches):
                _assert_same(next(used), batches[number], f"batch {number} of {where} set to {taken}")


def _assert_same(actual: Any, expected: Any, where: str) -> None:
    if isinstance(expected, dict):
        if not isinstance(actual, dict) or actual.keys() != expected.keys():
            raise AssertionError(f"{where}: other keys")
        for key in expected:
            _assert_same(actual[key], expected[key], f"{where}, {key!r}")
    elif isinstance(expected, (tuple, list)):
        if len(actual) != len(expected):
            raise AssertionError(f"{where}: {len(actual)} parts, not {len(expected)}")
        for number, parts in enumerate(zip(actual, expected, strict=True)):
            _assert_same(*parts, f"{where}, part {number}")
    else:
        np.testing.assert_array_equal(np.asarray(actual), np.asarray(expected), err_msg=where, strict=True)
