from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from agront_data import GenomeStore, HeldOut, WindowGrid, Windows
from agront_data.batches.mixture import CYCLE, Mixture
from agront_data.batches.row_order import RowOrder

LayOut = Callable[..., GenomeStore]
WINDOWS = Windows(length=10, random_start=0)
# Of these, 5,200, 7 and 40 windows; none of d, which is held out.
SIZES = {"a": 5200, "b": 7, "c": 40, "d": 0}
WEIGHTED = Mixture(weights={"a": 1, "b": 1, "c": 2, "d": 0})


@pytest.fixture(scope="module")
def grid(lay_out: LayOut) -> WindowGrid:
    genomes = {name: {"x": "A" * (10 * max(size, 3))} for name, size in SIZES.items()}
    return WindowGrid.build(lay_out(genomes), WINDOWS, HeldOut(genomes=("d",)))


def windows_of(order: RowOrder, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the genome of each row, and the number of its window in that genome."""
    intervals, _ = order.locate(rows)
    return intervals.genome, intervals.start // 10


def test_in_proportion_each_pass_has_each_window_once_in_its_own_order(grid: WindowGrid) -> None:
    order = RowOrder(grid=grid, seed=3)
    genome, window = windows_of(order, np.arange(3 * len(grid)))
    passes = (genome * 10_000 + window).reshape(3, len(grid))
    expected = [g * 10_000 + number for g, size in enumerate(SIZES.values()) for number in range(size)]
    assert np.sort(passes, axis=1).tolist() == [expected] * 3
    # Two random orders of 5,247 agree at one place on average.
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert (passes[one] == passes[other]).sum() < 12
    # Neighbours in the genome are no neighbours in a pass.
    assert (np.diff(passes[0]) == 1).sum() < 12


def test_a_cycle_has_the_shares_exactly(grid: WindowGrid) -> None:
    order = RowOrder(grid=grid, seed=3, mixture=WEIGHTED)
    for cycle in (0, 1, 7):
        genome, window = windows_of(order, cycle * CYCLE + np.arange(CYCLE))
        assert np.bincount(genome, minlength=4).tolist() == [2**18, 2**18, 2**19, 0]
        # 2**18 is 50 passes over 5,200 and 2,144 windows more; 37,449 over 7 and one; 2**19 is 13,107 over 40 and 8.
        for number, (size, whole) in enumerate(((5200, 50), (7, 37_449), (40, 13_107))):
            times = np.bincount(window[genome == number], minlength=size)
            # What an earlier cycle began of a pass, this one ends.
            assert times.min() >= whole - 1
            assert times.max() <= whole + 2


@pytest.mark.parametrize("mixture", [WEIGHTED, Mixture(temperature=3)])
def test_every_window_comes_once_in_each_pass_of_its_genome(grid: WindowGrid, mixture: Mixture) -> None:
    # Once cycles are whole, the windows of a genome have come up equally often, but for the pass it is in.
    order = RowOrder(grid=grid, seed=9, mixture=mixture)
    genome, window = windows_of(order, np.arange(2 * CYCLE))
    for number, size in enumerate(list(SIZES.values())[:3]):
        times = np.bincount(window[genome == number], minlength=size)
        whole, more = divmod(int((genome == number).sum()), size)
        assert Counter(times.tolist()) == Counter({whole: size - more, whole + 1: more})


def test_genomes_are_mixed_evenly_within_a_cycle(grid: WindowGrid) -> None:
    genome, _ = windows_of(RowOrder(grid=grid, seed=3, mixture=WEIGHTED), np.arange(CYCLE))
    in_batches = (genome.reshape(-1, 1024) == 2).sum(axis=1)
    # 512 of 1,024 on average, with a standard deviation of 16; all 1,024 batches within 5.5 of these.
    assert np.abs(in_batches - 512).max() < 88
    assert in_batches.std() == pytest.approx(16, rel=0.1)


def test_genomes_of_equal_size_have_orders_of_their_own(lay_out: LayOut) -> None:
    store = lay_out({name: {"x": "A" * 10_000} for name in "ab"})
    grid = WindowGrid.build(store, WINDOWS, HeldOut())
    order = RowOrder(grid=grid, seed=1, mixture=Mixture(weights={"a": 1, "b": 1}))
    numbers, size = np.arange(3000), np.full(3000, 1000)
    passes = [order._in_passes(numbers, size, np.full(3000, genome, np.uint64)).reshape(3, 1000) for genome in (0, 1)]
    orders = np.concatenate(passes)
    for one in range(6):
        for other in range(one):
            assert (orders[one] == orders[other]).sum() < 12


def test_seeds_and_cycles_have_orders_of_their_own(grid: WindowGrid) -> None:
    rows = np.arange(10_000)
    one, two, later = (
        windows_of(RowOrder(grid=grid, seed=seed, mixture=WEIGHTED), rows + first)[0]
        for seed, first in ((1, 0), (2, 0), (1, CYCLE))
    )
    # Genomes of the same row agree by chance: 1/16 + 1/16 + 1/4 = 0.375, standard error 0.005.
    for other in (two, later):
        assert (one == other).mean() == pytest.approx(0.375, abs=0.025)


def test_rows_do_not_hang_on_what_is_asked_with_them(grid: WindowGrid) -> None:
    order = RowOrder(grid=grid, seed=3, mixture=WEIGHTED)
    rows = np.array([0, 5, CYCLE - 1, CYCLE, 3 * CYCLE + 17, 2**40])
    together, reverse = order.locate(rows)
    for place, row in enumerate(rows):
        alone, strand = order.locate(np.array([row]))
        assert [part[0] for part in alone] == [part[place] for part in together]
        assert strand[0] == reverse[place]
        origin = order.origin(int(row))
        assert (origin.species, origin.start) == ("abcd"[together.genome[place]], together.start[place])
        assert origin.strand == ("-" if strand[0] else "+")


def test_shares_and_expected_passes(grid: WindowGrid) -> None:
    order = RowOrder(grid=grid, seed=3)
    assert order.shares() == pytest.approx({"a": 5200 / 5247, "b": 7 / 5247, "c": 40 / 5247, "d": 0})
    assert order.expected_passes(10_494) == pytest.approx({"a": 2, "b": 2, "c": 2, "d": 0})
    weighted = RowOrder(grid=grid, seed=3, mixture=WEIGHTED)
    assert weighted.shares() == {"a": 0.25, "b": 0.25, "c": 0.5, "d": 0}
    assert weighted.expected_passes(2800) == pytest.approx({"a": 700 / 5200, "b": 100, "c": 35, "d": 0})


def test_one_strand_on_request(grid: WindowGrid) -> None:
    assert not RowOrder(grid=grid, seed=3, both_strands=False).locate(np.arange(200))[1].any()
    # Half of 10,000, within five standard errors.
    assert abs(RowOrder(grid=grid, seed=3).locate(np.arange(10_000))[1].sum() - 5000) < 250


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "`seed` is -1"),
        ({"seed": 2**32}, "`seed` is 4294967296; it must be 0 to 4294967295"),
        ({"mixture": Mixture(weights={"a": 1, "b": 1, "c": 1, "d": 1})}, "no window to train on in d"),
        ({"mixture": Mixture(weights={"a": 1})}, "missing: b, c, d"),
    ],
)
def test_what_is_refused(grid: WindowGrid, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RowOrder(**{"grid": grid, "seed": 3, **options})


def test_rows_below_0_are_refused(grid: WindowGrid) -> None:
    order = RowOrder(grid=grid, seed=3)
    with pytest.raises(ValueError, match="row is -1"):
        order.origin(-1)
    with pytest.raises(ValueError, match="row is -2"):
        order.locate(np.array([3, -2]))
