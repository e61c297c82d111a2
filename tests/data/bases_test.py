import numpy as np
import pytest
from agront_data import encode_sequence, reverse_complement
from agront_data.bases import decode_bases
from hypothesis import given
from hypothesis import strategies as st

COMPLEMENT = str.maketrans("ATCGNatcgn", "TAGCNtagcn")


def test_codes_of_letters() -> None:
    assert encode_sequence("ATCGN").tolist() == [0, 1, 2, 3, 4]
    assert encode_sequence(b"atcgn").tolist() == [8, 9, 10, 11, 12]
    assert encode_sequence("RYSWKMBDHV").tolist() == [4] * 10
    assert encode_sequence("ryswkmbdhv").tolist() == [12] * 10
    assert encode_sequence("").shape == (0,)
    assert encode_sequence("A").dtype == np.uint8


@pytest.mark.parametrize("sequence", ["ACGTUACG", "ACGT ACG", "ACGT-", "ACGTé", "ACGT\n", "ACGT\0", b"ACGT*"])
def test_other_letters_are_named(sequence: str | bytes) -> None:
    letter = chr(sequence[4]) if isinstance(sequence, bytes) else sequence[4]
    with pytest.raises(ValueError, match=r"position 4 \(0-based\)") as error:
        encode_sequence(sequence)
    assert repr(letter) in str(error.value)


def test_reverse_complement_of_a_batch() -> None:
    windows = np.array([[0, 1, 2, 3, 4], [0, 0, 2, 5, 5], [5, 5, 5, 5, 5], [8, 1, 12, 3, 5]], np.uint8)
    expected = [[4, 2, 3, 0, 1], [3, 1, 1, 5, 5], [5, 5, 5, 5, 5], [2, 12, 0, 9, 5]]
    assert reverse_complement(windows).tolist() == expected
    assert reverse_complement(windows[0]).tolist() == expected[0]
    assert reverse_complement(windows[None]).tolist() == [expected]
    assert reverse_complement(np.empty((0, 7), np.uint8)).shape == (0, 7)


@given(st.lists(st.text("ATCGNatcgn", max_size=12), min_size=1, max_size=6))
def test_reverse_complement_equals_that_of_text(sequences: list[str]) -> None:
    width = max(map(len, sequences))
    windows = np.full((len(sequences), width), 5, np.uint8)
    expected = windows.copy()
    for row, sequence in enumerate(sequences):
        windows[row, : len(sequence)] = encode_sequence(sequence)
        expected[row, : len(sequence)] = encode_sequence(sequence.translate(COMPLEMENT)[::-1])
    before = windows.copy()
    np.testing.assert_array_equal(reverse_complement(windows), expected)
    np.testing.assert_array_equal(windows, before)


def test_letters_come_back_from_their_codes() -> None:
    assert decode_bases(encode_sequence("ATCGNatcgn")) == "ATCGNatcgn"
    assert decode_bases(encode_sequence("RYk")) == "NNn"
