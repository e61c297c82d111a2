from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from agront_data import GenomeStore, HeldOut, Intervals, Origin, WindowGrid, Windows
from agront_data.windows.held_out import Part
from agront_data.windows.windows import CHUNK_SCHEMES
from hypothesis import given, settings
from hypothesis import strategies as st

LayOut = Callable[..., GenomeStore]


@pytest.mark.usefixtures("unchecked_types")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 0}, "`length` is 0"),
        ({"length": 10, "overlap": 10}, "`overlap` is 10; it must be at most 9"),
        ({"overlap": -3, "random_start": 2}, "`overlap` is -3, a gap that a random_start of 2 does not cover"),
        ({"random_start": -1}, "random_start is -1"),
        ({"max_n_fraction": 1.5}, "max_n_fraction is 1.5"),
        ({"short": "drop"}, "`short` is 'drop'"),
    ],
)
def test_settings_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Windows(**options)


def located(grid: WindowGrid, draws: np.ndarray | None = None) -> list[tuple[int, int, int]]:
    return [tuple(row) for row in np.column_stack(grid.locate(np.arange(len(grid)), draws)).tolist()]


def test_windows_by_hand(lay_out: LayOut) -> None:
    store = lay_out({"a": {"long": "A" * 25, "short": "C" * 4}, "b": {"exact": "G" * 10}})
    grid = WindowGrid.build(store, Windows(length=10), HeldOut())
    assert located(grid) == [(0, 0, 10), (0, 10, 10), (0, 15, 10), (0, 25, 4), (1, 0, 10)]
    assert (len(grid), grid.short_windows, grid.skipped_short, grid.skipped_n) == (5, 1, 0, 0)
    overlapping = WindowGrid.build(store, Windows(length=10, overlap=5, short="skip"), HeldOut())
    assert located(overlapping) == [(0, 0, 10), (0, 5, 10), (0, 10, 10), (0, 15, 10), (1, 0, 10)]
    assert (overlapping.short_windows, overlapping.skipped_short) == (0, 1)


def test_windows_with_gaps_by_hand(lay_out: LayOut) -> None:
    # Chunks of 12 that share 2 with each neighbour, of which 9 are used: starts 0, 10, 20, the last one at the end.
    store = lay_out({"a": {"c": "A" * 33}})
    windows = Windows(length=9, overlap=-1, random_start=3)
    grid = WindowGrid.build(store, windows, HeldOut())
    assert located(grid) == [(0, 0, 9), (0, 10, 9), (0, 20, 9), (0, 24, 9)]
    assert located(grid, np.full(4, 3, np.uint64)) == [(0, 3, 9), (0, 13, 9), (0, 23, 9), (0, 24, 9)]
    assert windows.stride == 10
    assert Windows(length=9, overlap=-1).largest_shift == 9
    assert Windows(length=9, overlap=-1, random_start=1).largest_shift == 1


def test_chunk_schemes(lay_out: LayOut) -> None:
    store = lay_out({"a": {"c": "A" * 30_500}})
    starts = {
        name: [start for _, start, _ in located(WindowGrid.build(store, windows, HeldOut()))]
        for name, windows in CHUNK_SCHEMES.items()
    }
    assert starts == {
        "agront-6138": [0, 6138, 12276, 18414, 24362],
        "paper-6100": [0, 6100, 12200, 18300, 24400],
        # Chunks [0, 6200), [6100, 12300) …: each 6,200 long, and the first 100 are the last 100 of the one before.
        "released-6200": [0, 6100, 12200, 18300, 24400, 24500],
    }
    tokens = {name: 1 + windows.length // 6 + windows.length % 6 for name, windows in CHUNK_SCHEMES.items()}
    assert tokens == {"agront-6138": 1024, "paper-6100": 1021, "released-6200": 1001}
    assert CHUNK_SCHEMES["paper-6100"].largest_shift == 0
    released = WindowGrid.build(store, CHUNK_SCHEMES["released-6200"], HeldOut())
    draws = np.random.default_rng(0).integers(0, 2**64, 5000, dtype=np.uint64)
    drawn = released.locate(np.ones(5000, np.int64), draws).start
    assert (drawn.min(), drawn.max(), len(set(drawn.tolist()))) == (6100, 6300, 201)


def test_first_windows(lay_out: LayOut) -> None:
    # Of c, window 1 is skipped for its N; b is held out; d has only a short stretch.
    gaps = "A" * 10 + "NNNANNNAAA" + "A" * 10
    store = lay_out({"a": {"x": "A" * 25}, "b": {"x": "A" * 30}, "c": {"x": gaps}, "d": {"x": "ACG"}})
    windows = Windows(length=10, short="skip")
    grid = WindowGrid.build(store, windows, HeldOut(genomes=("b",)))
    genomes = grid.locate(np.arange(len(grid))).genome
    assert genomes.tolist() == [0, 0, 0, 2, 2]
    assert grid.first_windows.tolist() == [0, 3, 3, 5, 5]


def test_held_out_tiles_by_hand(lay_out: LayOut) -> None:
    store = lay_out({"a": {"c": "A" * 50}})
    held_out = HeldOut(block_length=15, every=2, offset=1)
    tiles = WindowGrid.build(store, Windows(length=10, overlap=5, short="skip"), held_out, "held_out")
    assert located(tiles) == [(0, 15, 10), (0, 25, 5), (0, 45, 5)]
    assert located(tiles, np.full(3, 7, np.uint64)) == located(tiles)
    assert (tiles.short_windows, tiles.skipped_short) == (2, 0)


def test_long_runs_of_n_split_and_short_ones_count(lay_out: LayOut) -> None:
    # 6 N split (over half of 10); then 4 and 3 N within ten bases are too many for one window.
    store = lay_out({"a": {"c": "A" * 12 + "N" * 6 + "C" * 10 + "NNNN" + "G" * 2 + "NNN" + "T" + "A" * 10}})
    grid = WindowGrid.build(store, Windows(length=10), HeldOut())
    assert located(grid) == [(0, 0, 10), (0, 2, 10), (0, 18, 10), (0, 38, 10)]
    assert (grid.skipped_n, grid.short_windows) == (1, 0)
    assert len(WindowGrid.build(store, Windows(length=10, max_n_fraction=0.7), HeldOut())) == 5


def test_shift_stays_in_the_stretch(lay_out: LayOut) -> None:
    store = lay_out({"a": {"c": "A" * 25}})
    grid = WindowGrid.build(store, Windows(length=10), HeldOut())
    # Window 0 may move by 0-9, window 1 by 0-5, window 2 not at all; the draw is taken modulo the number of places.
    draws = np.array([19, 19, 19], np.uint64)
    assert located(grid, draws) == [(0, 9, 10), (0, 11, 10), (0, 15, 10)]
    assert located(WindowGrid.build(store, Windows(length=10, random_start=0), HeldOut()), draws) == located(grid)
    limited = WindowGrid.build(store, Windows(length=10, random_start=2), HeldOut())
    assert located(limited, draws) == [(0, 1, 10), (0, 11, 10), (0, 15, 10)]


def test_a_shift_that_would_bring_too_many_n_is_not_made(lay_out: LayOut) -> None:
    store = lay_out({"a": {"c": "A" * 10 + "NNNNGNNNN" + "A" * 21}})
    grid = WindowGrid.build(store, Windows(length=10), HeldOut())
    assert located(grid)[0] == (0, 0, 10)
    for draw, start in ((5, 5), (6, 6), (7, 0), (9, 0)):
        # Moved by 5 or 6 it holds 4 or 5 N, by 7 it would hold 6.
        assert grid.locate(np.array([0]), np.array([draw], np.uint64)).start.tolist() == [start]


def test_every_allowed_shift_comes_up_equally(lay_out: LayOut) -> None:
    grid = WindowGrid.build(lay_out({"a": {"c": "A" * 400}}), Windows(length=100, random_start=9), HeldOut())
    draws = np.random.default_rng(0).integers(0, 2**64, 20_000, dtype=np.uint64)
    starts = grid.locate(np.zeros(20_000, np.int64), draws).start
    # 2,000 expected at each of ten; five standard errors are 212.
    np.testing.assert_allclose(np.bincount(starts, minlength=10), 2000, atol=212)


def test_numbers_out_of_range(lay_out: LayOut) -> None:
    grid = WindowGrid.build(lay_out({"a": {"c": "A" * 25}}), Windows(length=10), HeldOut())
    for number in (-1, 3):
        with pytest.raises(ValueError, match="the grid has 0 to 2"):
            grid.locate(np.array([0, number]))


def test_describe(lay_out: LayOut) -> None:
    store = lay_out({"rice": {"c1": "A" * 10, "c2": "C" * 10}, "maize": {"c1": "G" * 10}})
    grid = WindowGrid.build(store, Windows(length=5), HeldOut())
    intervals = Intervals(np.array([1, 1, 1, 0]), np.array([5, 10, 17, 2]), np.array([5, 4, 3, 5]))
    assert grid.describe(intervals) == [
        Origin("rice", "c1", 5, 10, "+"),
        Origin("rice", "c2", 0, 4, "+"),
        Origin("rice", "c2", 7, 10, "+"),
        Origin("maize", "c1", 2, 7, "+"),
    ]


def test_no_window_says_why(lay_out: LayOut) -> None:
    contigs, scaffold = lay_out({"a": {"c": "ACGT" * 5, "d": "ACG"}}), lay_out({"a": {"c": "N" * 30}})
    with pytest.raises(ValueError, match=r"all contigs are shorter than a window of 30 bases .*stretch has 20"):
        WindowGrid.build(contigs, Windows(length=30, short="skip"), HeldOut())
    with pytest.raises(ValueError, match=r"nothing is held out.*lower block_length or `offset`"):
        WindowGrid.build(contigs, Windows(length=10), HeldOut(), "held_out")
    with pytest.raises(ValueError, match="all of it is held out"):
        WindowGrid.build(contigs, Windows(length=10), HeldOut(contigs=("c", "d")))
    for length in (10, 100):
        with pytest.raises(ValueError, match="all windows hold more than 50% N"):
            WindowGrid.build(scaffold, Windows(length=length), HeldOut())


def test_fingerprint_changes_with_all_that_moves_windows(lay_out: LayOut) -> None:
    store, other = lay_out({"a": {"c": "ACGT" * 20}}), lay_out({"a": {"c": "ACGA" * 20}})
    two = lay_out({"a": {"c": "ACGT" * 20}, "b": {"c": "ACGT" * 20}})
    held_out = HeldOut(block_length=20, every=2, offset=1)
    grid = WindowGrid.build(store, Windows(length=10), held_out)
    assert WindowGrid.build(store, Windows(length=10, random_start=9), held_out).fingerprint == grid.fingerprint
    others = [
        WindowGrid.build(other, Windows(length=10), held_out),
        WindowGrid.build(store, Windows(length=11), held_out),
        WindowGrid.build(store, Windows(length=10, random_start=0), held_out),
        WindowGrid.build(store, Windows(length=10), HeldOut()),
        WindowGrid.build(store, Windows(length=10), held_out, "held_out"),
        WindowGrid.build(two, Windows(length=10), HeldOut(genomes=("a",))),
        WindowGrid.build(two, Windows(length=10), HeldOut(genomes=("b",))),
    ]
    assert len({grid.fingerprint, *(other.fingerprint for other in others)}) == 8


Genomes = dict[str, dict[str, str]]
sequences = st.lists(
    st.tuples(st.sampled_from("ACGTNN"), st.integers(1, 30)).map(lambda run: run[0] * run[1]), min_size=1, max_size=6
).map("".join)
genomes = st.dictionaries(
    st.sampled_from("abc"), st.dictionaries(st.sampled_from("xyz"), sequences, min_size=1), min_size=1
)
windows = st.builds(
    lambda length, overlap, random_start, n, short: Windows(
        length=length,
        overlap=max(min(overlap, length - 1), -40 if random_start is None else -random_start),
        random_start=random_start,
        max_n_fraction=n,
        short=short,
    ),
    st.integers(1, 25),
    st.integers(-10, 24),
    st.none() | st.integers(0, 40),
    st.sampled_from([0.0, 0.2, 0.5, 1.0]),
    st.sampled_from(["pad", "skip"]),
)
blocks = st.builds(
    lambda length, every, offset: {"block_length": length, "every": every, "offset": offset % every if every else 0},
    st.integers(1, 30),
    st.sampled_from([0, 2, 3, 5]),
    st.integers(0, 4),
)


def stretches(sequence: str, held_out: HeldOut, windows: Windows, part: Part) -> Iterator[tuple[int, int]]:
    """Finds the stretches of a contig base by base."""
    usable = []
    for base in range(len(sequence)):
        blocked = held_out.every > 0 and base // held_out.block_length % held_out.every == held_out.offset
        usable.append(blocked == (part == "held_out"))
    position = 0
    while position < len(sequence):
        end = position
        while end < len(sequence) and (sequence[end] == "N") == (sequence[position] == "N"):
            end += 1
        if sequence[position] == "N" and end - position > windows.max_n_fraction * windows.length:
            usable[position:end] = [False] * (end - position)
        position = end
    position = 0
    while position < len(sequence):
        end = position
        while end < len(sequence) and usable[end] == usable[position]:
            end += 1
        if usable[position]:
            yield position, end
        position = end


def expected_windows(
    genomes: Genomes, windows: Windows, held_out: HeldOut, part: Part
) -> tuple[list[tuple[int, int, int]], int, int]:
    """Lays the windows out one by one; returns them, and how many stretches and windows were skipped."""
    kept, skipped_short, skipped_n = [], 0, 0
    for genome, name in enumerate(sorted(genomes)):
        contig_start = 0
        for sequence in genomes[name].values():
            for start, end in stretches(sequence, held_out, windows, part):
                if part == "held_out":
                    starts = list(range(start, end, windows.length))
                elif end - start < windows.length:
                    starts = [start] if windows.short == "pad" else []
                    skipped_short += not starts
                else:
                    starts = [start]
                    while starts[-1] + windows.length < end:
                        starts.append(min(starts[-1] + windows.stride, end - windows.length))
                for first in starts:
                    bases = sequence[first : min(first + windows.length, end)]
                    if bases.count("N") > windows.max_n_fraction * len(bases):
                        skipped_n += 1
                    else:
                        kept.append((genome, contig_start + first, len(bases)))
            contig_start += len(sequence)
    return kept, skipped_short, skipped_n


@settings(max_examples=300)
@given(genomes=genomes, windows=windows, blocks=blocks, part=st.sampled_from(["training", "held_out"]))
def test_grid_equals_windows_laid_out_one_by_one(
    lay_out: LayOut, genomes: Genomes, windows: Windows, blocks: dict[str, int], part: Part
) -> None:
    held_out = HeldOut(**blocks)
    expected, skipped_short, skipped_n = expected_windows(genomes, windows, held_out, part)
    store = lay_out(genomes)
    if not expected:
        with pytest.raises(ValueError, match="no window to take"):
            WindowGrid.build(store, windows, held_out, part)
        return
    grid = WindowGrid.build(store, windows, held_out, part)
    assert located(grid) == expected
    assert grid.skipped_n == skipped_n
    assert grid.skipped_short == skipped_short
    assert grid.short_windows == sum(length < windows.length for _, _, length in expected)


def try_to_build(*arguments: Any) -> WindowGrid | None:
    try:
        return WindowGrid.build(*arguments)
    except ValueError:
        return None


@settings(max_examples=200)
@given(genomes=genomes, windows=windows, blocks=blocks, seed=st.integers(0, 2**32))
def test_what_training_and_held_out_windows_hold(
    lay_out: LayOut, genomes: Genomes, windows: Windows, blocks: dict[str, int], seed: int
) -> None:
    held_out = HeldOut(**blocks)
    store = lay_out(genomes)
    text = ["".join(genomes[name].values()) for name in sorted(genomes)]
    borders = [{contig.start for contig in genome.contigs} for genome in store.genomes]
    trained = [np.zeros(len(bases), int) for bases in text]
    unseen = [np.zeros(len(bases), int) for bases in text]
    training = try_to_build(store, windows, held_out)
    tiles = try_to_build(store, windows, held_out, "held_out")
    if tiles is not None:
        for genome, start, length in located(tiles):
            unseen[genome][start : start + length] += 1
    if training is not None:
        draws = [None, *np.random.default_rng(seed).integers(0, 2**64, (8, len(training)), dtype=np.uint64)]
        if windows.overlap < 0:  # every shift there is, so that the bases in gaps come up
            draws += [np.full(len(training), shift, np.uint64) for shift in range(1 - windows.overlap)]
        unshifted = located(training)
        for draw in draws:
            for (genome, start, length), (_, first, _) in zip(located(training, draw), unshifted, strict=True):
                assert 0 <= start - first <= windows.largest_shift
                assert 0 < length <= windows.length
                assert not borders[genome] & set(range(start + 1, start + length))
                held = text[genome][start : start + length]
                assert held.count("N") <= windows.max_n_fraction * length
                trained[genome][start : start + length] += 1
    for genome in range(len(text)):
        assert not (trained[genome].astype(bool) & unseen[genome].astype(bool)).any()
        assert unseen[genome].max() <= 1
        if windows.short == "pad" and "N" not in text[genome]:
            assert (trained[genome] + unseen[genome]).all()
