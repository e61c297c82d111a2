from collections.abc import Callable

import numpy as np
from agront_data import GenomeStore
from agront_data.windows.corpus_intervals import contig_intervals, corpus_n_runs, genome_offsets, subtract_intervals
from hypothesis import given
from hypothesis import strategies as st


def test_corpus_coordinates(lay_out: Callable[..., GenomeStore]) -> None:
    store = lay_out({"b": {"b1": "ACN", "b2": "NNACG"}, "a": {"a1": "ACGT"}})
    assert genome_offsets(store).tolist() == [0, 4, 12]
    assert contig_intervals(store).tolist() == [[0, 4], [4, 7], [7, 12]]
    assert corpus_n_runs(store).tolist() == [[6, 7], [7, 9]]


def as_intervals(gaps: list[tuple[int, int]]) -> np.ndarray:
    """Turns (distance to the one before, length) into sorted intervals; distance 0 makes them touch."""
    position, intervals = 0, []
    for distance, length in gaps:
        intervals.append((position + distance, position + distance + length))
        position += distance + length
    return np.array(intervals, np.int64).reshape(-1, 2)


gaps = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 6)), max_size=6)


@given(gaps, gaps)
def test_subtract_equals_base_by_base(intervals: list[tuple[int, int]], holes: list[tuple[int, int]]) -> None:
    inside, outside = as_intervals(intervals), as_intervals(holes)
    removed = {base for start, end in outside for base in range(start, end)}
    expected: list[list[int]] = []
    for start, end in inside:
        for base in range(start, end):
            if base in removed:
                continue
            if base > start and base - 1 not in removed:
                expected[-1][1] = base + 1
            else:
                expected.append([base, base + 1])
    assert subtract_intervals(inside, outside).tolist() == expected
