import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from agront_data import GenomeStore, HeldOut, RowOrder, WindowGrid, Windows
from agront_data.store.soft_mask import BLOCK_BASES, SoftMask, SoftMaskCounter
from hypothesis import given, settings
from hypothesis import strategies as st

Make = Callable[..., GenomeStore]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 3 * BLOCK_BASES), max_size=6), st.integers(0, 2**32 - 1))
def test_blocks_are_counted_whatever_the_pieces(sizes: list[int], seed: int) -> None:
    marked = np.random.default_rng(seed).random(sum(sizes)) < 0.4
    counter = SoftMaskCounter()
    for piece in np.split(marked, np.cumsum(sizes)[:-1]) if sizes else []:
        counter.append(piece)
    expected = [int(marked[first : first + BLOCK_BASES].sum()) for first in range(0, len(marked), BLOCK_BASES)]
    assert counter.counts().tolist() == expected


def test_counts_are_exact_at_block_borders_and_in_proportion_between() -> None:
    # Two genomes of 1,500 and 1,024 bases: blocks of 1,024 and 476, and one of 1,024.
    counts = [np.array([512, 119], np.uint16), np.array([1024], np.uint16)]
    mask = SoftMask.from_counts(counts, np.array([0, 1500, 2524]))
    start = np.array([0, 0, 512, 1024, 1024, 0, 1500, 1500, 1756])
    end = np.array([1024, 512, 1024, 1262, 1500, 1500, 2524, 2012, 2524])
    # 119 of 476 is a quarter; half of that block is 238 bases.
    assert mask.count_in(start, end).tolist() == [512, 256, 256, 59.5, 119, 631, 1024, 512, 768]


def genome(pieces: list[bool], length: int) -> str:
    letters = "".join(np.random.default_rng(1).choice(list("ACGT"), len(pieces) * length))
    return "".join(
        letters[i * length : (i + 1) * length].lower() if masked else letters[i * length : (i + 1) * length]
        for i, masked in enumerate(pieces)
    )


PIECES = [True, False, False, True, True, False, True, True]


def test_training_windows_of_repeats_are_skipped_and_held_out_ones_are_not(make_store: Make) -> None:
    store = make_store({"plant": {"chr": genome(PIECES, 1024), "masked": genome([True], 2048)}})
    assert store.soft_mask(0).tolist() == [1024 * masked for masked in [*PIECES, True, True]]
    windows = Windows(length=1024, random_start=0, max_soft_masked_fraction=0.5)
    grid = WindowGrid.build(store, windows, HeldOut(contigs=("masked",)))
    starts = grid.locate(np.arange(len(grid))).start.tolist()
    assert starts == [i * 1024 for i, masked in enumerate(PIECES) if not masked]
    assert (grid.skipped_soft_masked, grid.skipped_n) == (5, 0)
    assert len(WindowGrid.build(store, windows, HeldOut(contigs=("masked",)), "held_out")) == 2
    everything = WindowGrid.build(store, Windows(length=1024), HeldOut(contigs=("masked",)))
    assert (len(everything), everything.skipped_soft_masked) == (8, 0)
    assert everything.fingerprint != grid.fingerprint


def test_no_row_is_moved_into_a_repeat(make_store: Make) -> None:
    store = make_store({"plant": {"chr": genome(PIECES, 1024)}})
    windows = Windows(length=1024, max_soft_masked_fraction=0.3)
    order = RowOrder(grid=WindowGrid.build(store, windows, HeldOut()), seed=3)
    intervals, _ = order.locate(np.arange(400))
    codes = store.read_windows(*intervals, 1024, keep_soft_mask=True)
    # Runs begin and end at block borders here, so that shares in proportion are exact.
    assert ((codes & 8) != 0).mean(axis=1).max() <= 0.3
    assert len(np.unique(intervals.start)) > 100


def test_all_of_it_is_repeats(make_store: Make) -> None:
    store = make_store({"plant": {"chr": genome([True], 4096)}})
    with pytest.raises(ValueError, match=r"all windows are soft-masked too far; raise max_soft_masked_fraction"):
        WindowGrid.build(store, Windows(length=512, max_soft_masked_fraction=0.9), HeldOut())
    with pytest.raises(ValueError, match=r"max_soft_masked_fraction is 1\.5; it must be 0 to 1"):
        Windows(max_soft_masked_fraction=1.5)


def test_a_missing_or_damaged_file_is_noticed(make_store: Make) -> None:
    store = make_store({"plant": {"c": genome(PIECES, 1024)}})
    [path] = (file for file in (Path(store.location) / "soft_mask" / "plant").rglob("*") if file.name == "0")
    contents = path.read_bytes()
    path.write_bytes(contents[:-1] + bytes([contents[-1] ^ 1]))
    with pytest.raises(ValueError, match="genome 'plant': the soft-mask cannot be read") as error:
        GenomeStore.open(store.location).soft_mask(0)
    assert re.search("soft_mask/plant", str(error.value))
    path.unlink()
    with pytest.raises(ValueError, match="a file of the soft-mask, under soft_mask/plant/, is gone"):
        GenomeStore.open(store.location).soft_mask(0)
