import re

import numpy as np
from agront_data.store.n_runs import NRuns, find_runs, join_touching
from hypothesis import given
from hypothesis import strategies as st

marks = st.text("N.", max_size=30)


@given(marks)
def test_runs_are_those_a_regular_expression_finds(text: str) -> None:
    runs = find_runs(np.array([letter == "N" for letter in text], bool))
    assert runs.tolist() == [[run.start(), run.end()] for run in re.finditer("N+", text)]
    assert runs.dtype == np.int64


def test_touching_runs_join_but_not_across_a_border() -> None:
    runs = np.array([[0, 2], [2, 5], [5, 6], [8, 9], [9, 12]])
    joined = join_touching(runs, borders=np.array([0, 5, 100]))
    assert joined.tolist() == [[0, 5], [5, 6], [8, 12]]
    assert join_touching(np.empty((0, 2), np.int64), np.array([0])).shape == (0, 2)


@given(marks, st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=8))
def test_count_of_n_in_intervals(text: str, pairs: list[tuple[int, int]]) -> None:
    runs = NRuns.from_array(find_runs(np.array([letter == "N" for letter in text], bool)))
    start, end = np.sort(np.array(pairs), axis=1).T
    expected = [text[s:e].count("N") for s, e in zip(start, end, strict=True)]
    assert runs.count_in(start, end).tolist() == expected


def test_runs_longer_than() -> None:
    runs = NRuns.from_array(np.array([[0, 2], [5, 8], [10, 14]]))
    assert runs.longer_than(2).tolist() == [[5, 8], [10, 14]]
    assert runs.longer_than(3.5).tolist() == [[10, 14]]
