from collections.abc import Callable

import numpy as np
import pytest
from agront_tokenizer import Vocabulary
from agront_tokenizer.base_encoding import encode_codes
from hypothesis import example, given
from hypothesis import strategies as st

LETTERS = np.array(["A", "T", "C", "G", "N", "", "<mask>"])

# Rows are made of pieces, so that whole k-mers, breaks, and short rows are all common.
PIECES = st.lists(
    st.one_of(st.lists(st.integers(0, 3), max_size=16), st.lists(st.just(4), max_size=3), st.just([6])), max_size=6
).map(lambda pieces: [code for piece in pieces for code in piece])


def pad_rows(rows: list[list[int]], extra: int) -> np.ndarray:
    codes = np.full((len(rows), max(map(len, rows), default=0) + extra), 5, dtype=np.uint8)
    for row, values in zip(codes, rows, strict=True):
        row[: len(values)] = values
    return codes


def expected_ids(
    slow_ids: Callable[[str, int], list[int]], codes: np.ndarray, k: int, length: int | None
) -> tuple[list[list[int]], list[int]]:
    rows = [slow_ids("".join(LETTERS[row]), k) for row in codes]
    columns = length if length is not None else max(map(len, rows), default=1)
    return [(row + [1] * columns)[:columns] for row in rows], [len(row) for row in rows]


@given(
    rows=st.lists(PIECES, max_size=5),
    k=st.integers(3, 7),
    extra=st.integers(0, 3),
    length=st.none() | st.integers(1, 30),
)
@example(rows=[], k=6, extra=0, length=None)
@example(rows=[[], []], k=6, extra=0, length=5)
@example(rows=[[], [4]], k=6, extra=2, length=None)
@example(rows=[[0, 1, 2, 3] * 6, [3, 2, 1, 0] * 6], k=6, extra=0, length=3)
@example(rows=[[4] * 20, [0] * 20], k=6, extra=0, length=7)
def test_equals_the_slow_reference(
    slow_ids: Callable[[str, int], list[int]], rows: list[list[int]], k: int, extra: int, length: int | None
) -> None:
    codes = pad_rows(rows, extra)
    ids, counts = encode_codes(codes, Vocabulary(k=k), length)
    expected, expected_counts = expected_ids(slow_ids, codes, k, length)
    assert ids.dtype == np.uint16
    assert ids.flags.c_contiguous
    assert ids.tolist() == expected
    assert ids.shape[0] == len(rows)
    assert counts.tolist() == expected_counts


@pytest.mark.parametrize("length", [None, 700, 1024, 1400])
def test_batches_of_several_blocks(slow_ids: Callable[[str, int], list[int]], length: int | None) -> None:
    random = np.random.default_rng(1)
    codes = random.integers(0, 4, (150, 6140), dtype=np.uint8)
    codes[::7][random.random((22, 6140)) < 0.01] = 4
    codes[3, 1000:] = 5
    codes[149, -1] = 4
    ids, counts = encode_codes(codes, Vocabulary(), length)
    expected, expected_counts = expected_ids(slow_ids, codes, 6, length)
    assert ids.tolist() == expected
    assert counts.tolist() == expected_counts


def test_input_may_be_a_view_and_is_not_changed() -> None:
    random = np.random.default_rng(2)
    codes = random.integers(0, 5, (6, 61), dtype=np.uint8)
    before = codes.copy()
    reversed_rows = codes[::2, ::-1]
    ids, _ = encode_codes(reversed_rows, Vocabulary(), 40)
    assert ids.tolist() == encode_codes(reversed_rows.copy(), Vocabulary(), 40)[0].tolist()
    assert (codes == before).all()
