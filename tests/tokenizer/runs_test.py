import numpy as np
import pytest
from agront_tokenizer.runs import find_runs, row_lengths, tokens_of_runs

# A T C C C G G N N T C G A C A C N | C G T <no base …> | N A A A A A A N <mask> A A <no base …>
CODES = np.array(
    [
        [0, 1, 2, 2, 2, 3, 3, 4, 4, 1, 2, 3, 0, 2, 0, 2, 4],
        [2, 3, 1, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5],
        [4, 0, 0, 0, 0, 0, 0, 4, 6, 0, 0, 5, 5, 5, 5, 5, 5],
    ],
    dtype=np.uint8,
)
LENGTHS = np.array([17, 3, 11])


def test_row_lengths() -> None:
    assert row_lengths(CODES, CODES.max(axis=1)).tolist() == LENGTHS.tolist()
    assert row_lengths(np.full((2, 3), 5, np.uint8), np.array([5, 5], np.uint8)).tolist() == [0, 0]


def test_row_lengths_refuses_a_base_after_no_base() -> None:
    codes = CODES.copy()
    codes[1, 5] = 0
    with pytest.raises(ValueError, match=r"^row 1, column 3: code 5 \(no base\) has a base to its right; .* write 4"):
        row_lengths(codes, codes.max(axis=1))


def test_find_runs() -> None:
    runs, counts = find_runs(CODES, LENGTHS, k=6)
    assert runs.row.tolist() == [0, 0, 0, 0, 1, 2, 2, 2, 2]
    assert runs.start.tolist() == [0, 8, 9, 17, 0, 0, 1, 8, 9]
    assert runs.kmers.tolist() == [1, 0, 1, 0, 0, 0, 1, 0, 0]
    assert runs.tokens.tolist() == [3, 1, 3, 0, 3, 1, 2, 1, 2]
    assert runs.column.tolist() == [1, 4, 5, 8, 1, 1, 2, 4, 5]
    assert counts.tolist() == [8, 4, 7]


def test_tokens_of_runs() -> None:
    tokens = tokens_of_runs(find_runs(CODES, LENGTHS, k=6)[0], k=6, length=100)
    assert tokens.row.tolist() == [0] * 7 + [1] * 3 + [2] * 6
    assert tokens.start.tolist() == [0, 6, 7, 8, 9, 15, 16, 0, 1, 2, 0, 1, 7, 8, 9, 10]
    assert tokens.is_kmer.tolist() == [True] + [False] * 3 + [True] + [False] * 6 + [True] + [False] * 4
    assert tokens.column.tolist() == [1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 1, 2, 3, 4, 5, 6]


def test_tokens_of_runs_are_cut_at_the_right() -> None:
    tokens = tokens_of_runs(find_runs(CODES, LENGTHS, k=6)[0], k=6, length=4)
    assert tokens.row.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert tokens.start.tolist() == [0, 6, 7, 0, 1, 2, 0, 1, 7]
    assert tokens.column.tolist() == [1, 2, 3] * 3
