import itertools
from collections import Counter

import numpy as np
import pytest
from agront_data.batches.permutation import permute
from hypothesis import given
from hypothesis import strategies as st


def order(size: int, key: int) -> list[int]:
    return permute(np.arange(size), np.full(size, size), np.full(size, key, np.uint64)).tolist()


@given(st.integers(1, 700), st.integers(0, 2**64 - 1))
def test_an_order_has_everything_once(size: int, key: int) -> None:
    assert sorted(order(size, key)) == list(range(size))


def test_keys_give_unrelated_orders() -> None:
    orders = np.array([order(1000, key) for key in range(20)])
    # Two random orders of 1,000 agree at one place on average; at 12 or more with a probability below 1e-9.
    agreements = [int((one == other).sum()) for one, other in itertools.combinations(orders, 2)]
    assert max(agreements) < 12
    assert (np.diff(orders, axis=1) == 1).mean() < 0.01


def test_each_position_has_its_own_size_and_key() -> None:
    positions, sizes, keys = np.array([3, 3, 0, 3]), np.array([50, 50, 50, 4]), np.array([1, 2, 2, 1], np.uint64)
    alone = [order(50, 1)[3], order(50, 2)[3], order(50, 2)[0], order(4, 1)[3]]
    assert permute(positions, sizes, keys).tolist() == alone


def test_of_nothing() -> None:
    assert permute(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.uint64)).shape == (0,)


@pytest.mark.parametrize("size", [2, 3, 4])
def test_all_orders_of_few_come_up_equally_often(size: int) -> None:
    num_orders, trials = len(list(itertools.permutations(range(size)))), 6000
    positions, keys = np.tile(np.arange(size), trials), np.repeat(np.arange(trials, dtype=np.uint64), size)
    seen = Counter(map(tuple, permute(positions, np.full(len(positions), size), keys).reshape(trials, size).tolist()))
    assert len(seen) == num_orders
    expected = trials / num_orders
    # Five standard errors.
    assert max(abs(count - expected) for count in seen.values()) < 5 * np.sqrt(expected)


def test_places_of_one_thing_are_uniform() -> None:
    # What stands first among 1,000, in 50,000 orders? Each ten of them 500 times, within five standard errors.
    size, trials = 1000, 50_000
    keys = np.arange(trials, dtype=np.uint64)
    at_front = permute(np.zeros(trials, np.int64), np.full(trials, size), keys)
    counts = np.bincount(at_front // 10, minlength=100)
    assert np.abs(counts - 500).max() < 5 * np.sqrt(500)


@pytest.mark.parametrize("size", [2**20 - 1, 2**20, 2**20 + 1, 10_500_000, 2**53])
def test_many_things(size: int) -> None:
    positions = np.linspace(0, size - 1, 100_000).astype(np.int64)
    images = permute(positions, np.full(len(positions), size), np.full(len(positions), 5, np.uint64))
    assert len(np.unique(images)) == len(positions)
    assert images.min() >= 0
    assert images.max() < size
