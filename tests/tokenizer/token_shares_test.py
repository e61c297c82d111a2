from collections.abc import Callable

import numpy as np
import pytest
from agront_tokenizer import KmerTokenizer, Vocabulary
from hypothesis import example, given
from hypothesis import strategies as st

# Rows are made of pieces, so that whole k-mers, N, and short rows are all common. Each base: its code, and its mark.
MARKED_ROWS = st.lists(
    st.lists(
        st.one_of(
            st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=16),
            st.lists(st.tuples(st.just(4), st.booleans()), max_size=3),
        ),
        max_size=6,
    ).map(lambda pieces: [base for piece in pieces for base in piece]),
    max_size=5,
)


def test_by_hand() -> None:
    #                  A  T  C  C  C  G  G  N  T  T  G  A  C  A  C
    bases = np.array([[0, 1, 2, 2, 2, 3, 3, 4, 1, 1, 3, 0, 2, 0, 2], [0, 1, 2, 2, 2, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5]])
    marked = np.array([[0, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0], [1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]])
    shares = KmerTokenizer().token_shares(bases.astype(np.uint8), marked.astype(bool), 8)
    assert shares.dtype == np.float32
    # <cls> ATCCCG G N TTGACA C <pad> <pad>; <cls> ATCCCG G <pad> …
    np.testing.assert_allclose(shares, [[0, 0.5, 1, 0, 1, 0, 0, 0], [0, 1 / 6, 1, 0, 0, 0, 0, 0]], rtol=1e-6)


@given(rows=MARKED_ROWS, k=st.integers(3, 7), extra=st.integers(0, 3), length=st.integers(1, 30))
@example(rows=[], k=6, extra=0, length=5)
@example(rows=[[], []], k=6, extra=2, length=1)
@example(rows=[[(0, True)] * 24], k=6, extra=0, length=3)
@example(rows=[[(0, True)] * 27, [(4, True)] * 27], k=6, extra=0, length=30)
def test_each_token_has_the_mean_of_its_bases(
    slow_ids: Callable[[str, int], list[int]], rows: list[list[tuple[int, bool]]], k: int, extra: int, length: int
) -> None:
    width = max(map(len, rows), default=0) + extra
    bases, marked = np.full((len(rows), width), 5, np.uint8), np.zeros((len(rows), width), bool)
    expected = np.zeros((len(rows), length))
    vocabulary = Vocabulary(k=k)
    for number, row in enumerate(rows):
        for column, (code, mark) in enumerate(row):
            bases[number, column], marked[number, column] = code, mark
        base = 0
        for column, token in enumerate(slow_ids("".join("ATCGN"[code] for code, _ in row), k)[:length]):
            num_bases = 0 if token == vocabulary.cls_id else len(vocabulary.tokens[token])
            if num_bases:
                expected[number, column] = np.mean(marked[number, base : base + num_bases])
            base += num_bases
    shares = KmerTokenizer(vocabulary).token_shares(bases, marked, length)
    np.testing.assert_allclose(shares, expected, rtol=1e-6)


@pytest.mark.usefixtures("unchecked_types")
def test_what_is_refused() -> None:
    bases = np.zeros((2, 6), np.uint8)
    with pytest.raises(ValueError, match=r"marked is bool\[2, 5\]; it must be bool\[2, 6\]"):
        KmerTokenizer().token_shares(bases, np.zeros((2, 5), bool), 3)
    with pytest.raises(ValueError, match=r"marked is uint8\[2, 6\]"):
        KmerTokenizer().token_shares(bases, bases, 3)
    with pytest.raises(ValueError, match="row 0, column 0: code 8 is no base code"):
        KmerTokenizer().token_shares(bases + np.uint8(8), bases.astype(bool), 3)
    with pytest.raises(ValueError, match="length is 0"):
        KmerTokenizer().token_shares(bases, bases.astype(bool), 0)
