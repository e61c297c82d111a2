from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from agront_data import GenomeStore, HeldOut, Windows, ingest_genomes
from agront_data.windows.held_out import Part
from agront_data.windows.window_grid import WindowGrid
from hypothesis import given
from hypothesis import strategies as st

LayOut = Callable[..., GenomeStore]
EXAMPLES = Path(__file__).parents[3] / "examples" / "genomes"
COMPLEMENT = bytes.maketrans(bytes(range(4)), bytes([1, 0, 3, 2]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"block_length": 0}, "block_length is 0"),
        ({"every": -1}, "`every` is -1"),
        ({"every": 1}, "`every` is 1; give 0 to hold out no blocks, or at least 2"),
        ({"every": 5}, "`offset` is 8; with `every` 5 it must be 0 to 4"),
        ({"every": 5, "offset": -1}, "`offset` is -1"),
        ({"every": 9, "block_length": 100, "most_bases": 99}, "most_bases is 99; it must be a block, 100 bases"),
    ],
)
def test_settings_out_of_range(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HeldOut(**options)


def test_blocks_by_hand(lay_out: LayOut) -> None:
    store = lay_out({"a": {"a1": "A" * 25, "a2": "C" * 8}, "b": {"b1": "G" * 14}})
    held_out = HeldOut(block_length=5, every=3, offset=1)
    # a1 has blocks 0-4 at 0, a2 0-1 at 25 (the second 3 bases short), b1 0-2 at 33.
    assert held_out.part_intervals(store, "held_out").tolist() == [[5, 10], [20, 25], [30, 33], [38, 43]]
    assert held_out.part_intervals(store, "training").tolist() == [[0, 5], [10, 20], [25, 30], [33, 38], [43, 47]]


def test_of_a_large_store_fewer_blocks_are_held_out(lay_out: LayOut) -> None:
    store = lay_out({"a": {"a1": "A" * 25, "a2": "C" * 8}, "b": {"b1": "G" * 14}})
    # 47 bases: a period of 3 blocks would hold out 18 of them; one of 47 / 10, rounded up, is 5.
    few = HeldOut(block_length=5, every=3, offset=1, most_bases=10)
    assert few.part_intervals(store, "held_out").tolist() == [[5, 10], [30, 33], [38, 43]]
    enough = HeldOut(block_length=5, every=3, offset=1, most_bases=16)
    assert enough.part_intervals(store, "held_out").tolist() == [[5, 10], [20, 25], [30, 33], [38, 43]]
    # A genome that is held out whole does not count: 14 / 10, rounded up, is less than 3.
    whole = HeldOut(genomes=("a",), block_length=5, every=3, offset=1, most_bases=10)
    assert whole.part_intervals(store, "held_out").tolist() == [[0, 25], [25, 33], [38, 43]]


def test_nothing_by_default(lay_out: LayOut) -> None:
    store = lay_out({"a": {"a1": "ACGT", "a2": "AC"}})
    assert HeldOut().part_intervals(store, "training").tolist() == [[0, 4], [4, 6]]
    assert HeldOut().part_intervals(store, "held_out").shape == (0, 2)


def test_contigs_by_name(lay_out: LayOut) -> None:
    store = lay_out({"a": {"1": "ACGT", "2": "AC"}, "b": {"1": "TTT", "x:y": "G"}})
    assert HeldOut(contigs=("2", "b:1", "x:y")).part_intervals(store, "held_out").tolist() == [[4, 6], [6, 9], [9, 10]]
    with pytest.raises(ValueError, match="'1' could be a:1 or b:1; name it in full"):
        HeldOut(contigs=("1",)).part_intervals(store, "training")
    with pytest.raises(ValueError, match="'chr9' is not in memory, which has a:1, a:2, b:1, b:x:y"):
        HeldOut(contigs=("2", "chr9")).part_intervals(store, "training")


def test_whole_genomes(lay_out: LayOut) -> None:
    store = lay_out({"maize": {"1": "ACGT", "2": "AC"}, "rice": {"1": "TTT"}, "wheat": {"1": "G", "2": "GG"}})
    held_out = HeldOut(genomes=("maize", "wheat"))
    assert held_out.part_intervals(store, "held_out").tolist() == [[0, 4], [4, 6], [9, 10], [10, 12]]
    assert held_out.part_intervals(store, "training").tolist() == [[6, 9]]
    with_contig = HeldOut(genomes=("maize",), contigs=("wheat:2",), block_length=1, every=2, offset=1)
    assert with_contig.part_intervals(store, "held_out").tolist() == [[0, 4], [4, 6], [7, 8], [10, 12]]
    with pytest.raises(ValueError, match=r"not in memory: 'Wheat' \(meant: wheat\?\), 'x'; it has maize, rice, wheat"):
        HeldOut(genomes=("rice", "Wheat", "x")).part_intervals(store, "training")


def test_contigs_and_blocks_together(lay_out: LayOut) -> None:
    store = lay_out({"a": {"1": "A" * 10, "2": "C" * 10}})
    held_out = HeldOut(contigs=("2",), block_length=2, every=4, offset=1)
    assert held_out.part_intervals(store, "held_out").tolist() == [[2, 4], [10, 20]]
    assert held_out.part_intervals(store, "training").tolist() == [[0, 2], [4, 10]]


@given(
    lengths=st.lists(st.integers(1, 60), min_size=1, max_size=5),
    block_length=st.integers(1, 12),
    every=st.integers(2, 6),
    offset=st.integers(0, 5),
    whole=st.sets(st.integers(0, 4)),
)
def test_each_base_is_in_the_part_its_block_says(
    lay_out: LayOut, lengths: list[int], block_length: int, every: int, offset: int, whole: set[int]
) -> None:
    store = lay_out({"g": {str(number): "A" * length for number, length in enumerate(lengths)}})
    names = tuple(str(number) for number in whole if number < len(lengths))
    held_out = HeldOut(contigs=names, block_length=block_length, every=every, offset=offset % every)
    expected = [
        number in whole or base // block_length % every == offset % every
        for number, length in enumerate(lengths)
        for base in range(length)
    ]
    times = np.zeros((2, sum(lengths)), int)
    for row, part in enumerate(get_args(Part)):
        for start, end in held_out.part_intervals(store, part):
            times[row, start:end] += 1
    np.testing.assert_array_equal(times, [np.logical_not(expected), expected])


def shared_100_mers(store: GenomeStore, held_out: HeldOut) -> int:
    """Counts the 100-mers of held-out sequence that are in training sequence on either strand."""
    genomes = [
        store.read_windows(np.array([g]), np.array([0]), np.array([genome.length]), genome.length)[0].tobytes()
        for g, genome in enumerate(store.genomes)
    ]
    corpus = b"".join(genomes)

    def mers(part: Part) -> list[bytes]:
        intervals = held_out.part_intervals(store, part)
        return [corpus[i : i + 100] for start, end in intervals.tolist() for i in range(start, end - 99)]

    training = mers("training")
    seen = {*training, *(mer.translate(COMPLEMENT)[::-1] for mer in training)}
    return sum(mer in seen for mer in mers("held_out"))


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> GenomeStore:
    files = sorted(EXAMPLES.glob("*.fa.gz"))
    if not files:
        pytest.skip(f"the example genomes are not at {EXAMPLES}")
    genomes = {path.name.split(".")[0]: [path] for path in files}
    return ingest_genomes(genomes, tmp_path_factory.mktemp("examples") / "store")


@pytest.mark.parametrize("offset", [8, 9])
def test_held_out_blocks_of_the_examples_share_nothing_with_training(examples: GenomeStore, offset: int) -> None:
    held_out = HeldOut(every=10, offset=offset)
    assert shared_100_mers(examples, held_out) == 0
    assert len(WindowGrid.build(examples, Windows(), held_out, "held_out")) >= 3
    # The test can fail: block 15 lies inside an inverted repeat, so training has its sequence on the other strand.
    if offset == 8:
        assert shared_100_mers(examples, HeldOut(every=10, offset=5)) > 6000
