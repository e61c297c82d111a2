import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from agront_tokenizer import AGRONT_VOCABULARY, KmerTokenizer, Vocabulary
from hypothesis import given
from hypothesis import strategies as st

TOKENIZER = KmerTokenizer()
# ATCCCG has the digits 0 1 2 2 2 3, so its id is 4 + 256 + 2 * 64 + 2 * 16 + 2 * 4 + 3.
EXAMPLE, EXAMPLE_IDS = "ATCCCGGNNTCGACACN", [3, 431, 4103, 4104, 4104, 1740, 4102, 4104]

SEQUENCES = st.lists(
    st.text("ATCGatcg", max_size=20) | st.text("NnRYSWKMBDHVryswkmbdhv", max_size=3) | st.just("<mask>"), max_size=8
).map("".join)


def normalize(sequence: str) -> str:
    parts = sequence.split("<mask>")
    return "<mask>".join(re.sub("[^ATCG]", "N", part.upper()) for part in parts)


def test_recorded_cases(reference: Path) -> None:
    cases = json.loads((reference / "tokenizer_cases.json").read_text())
    assert len(cases) == 164
    for case in cases:
        assert TOKENIZER.encode(case["sequence"]).tolist() == case["ids"], case["sequence"]
    batch = TOKENIZER.encode_batch([case["sequence"] for case in cases])
    width = max(len(case["ids"]) for case in cases)
    assert batch.tolist() == [case["ids"] + [1] * (width - len(case["ids"])) for case in cases]


@pytest.mark.parametrize(
    ("sequence", "tokens"),
    [
        (EXAMPLE, ["ATCCCG", "G", "N", "N", "TCGACA", "C", "N"]),
        ("", []),
        ("ATTCCGATTCCGATTCCG", ["ATTCCG", "ATTCCG", "ATTCCG"]),
        ("AAAAA", ["A", "A", "A", "A", "A"]),
        ("NAAAAAAN", ["N", "AAAAAA", "N"]),
        ("AAANAAAAAAA", ["A", "A", "A", "N", "AAAAAA", "A"]),
        ("atcccggnntcgacacn", ["ATCCCG", "G", "N", "N", "TCGACA", "C", "N"]),
        ("ATCCCGGRyTCGACACv", ["ATCCCG", "G", "N", "N", "TCGACA", "C", "N"]),
        ("AT<mask>ATCCCGG", ["A", "T", "<mask>", "ATCCCG", "G"]),
    ],
)
def test_tokenize(sequence: str, tokens: list[str]) -> None:
    assert TOKENIZER.tokenize(sequence) == tokens


def test_encode() -> None:
    ids = TOKENIZER.encode(EXAMPLE)
    assert ids.dtype == np.uint16
    assert ids.tolist() == EXAMPLE_IDS
    assert TOKENIZER.encode("").tolist() == [3]
    assert TOKENIZER.encode("AAAAAA").tolist() == [3, 4]
    assert TOKENIZER.encode("GGGGGG<mask>").tolist() == [3, 4099, 2]


@given(sequence=SEQUENCES, k=st.integers(3, 7))
def test_encode_equals_the_slow_reference(slow_ids: Callable[[str, int], list[int]], sequence: str, k: int) -> None:
    assert KmerTokenizer(Vocabulary(k=k)).encode(sequence).tolist() == slow_ids(normalize(sequence), k)


@given(sequence=SEQUENCES, k=st.integers(3, 7))
def test_decode_inverts_encode(sequence: str, k: int) -> None:
    tokenizer = KmerTokenizer(Vocabulary(k=k))
    assert tokenizer.decode(tokenizer.encode(sequence)) == normalize(sequence)


@given(sequence=SEQUENCES, k=st.integers(3, 7))
def test_spans_tile_the_sequence(sequence: str, k: int) -> None:
    tokenizer = KmerTokenizer(Vocabulary(k=k))
    spans = tokenizer.token_spans(sequence)
    tokens = tokenizer.tokenize(sequence)
    written_out = normalize(sequence).replace("<mask>", "?" * k)
    assert spans.shape == (1 + len(tokens), 2)
    assert spans[0].tolist() == [0, 0]
    assert spans[1:, 0].tolist() == spans[:-1, 1].tolist()
    assert spans[-1, 1] == len(written_out)
    for token, (start, end) in zip(tokens, spans[1:].tolist(), strict=True):
        assert written_out[start:end] == token.replace("<mask>", "?" * k)


def test_spans_by_hand() -> None:
    spans = TOKENIZER.token_spans("ATCCCGGN<mask>TC")
    assert spans.tolist() == [[0, 0], [0, 6], [6, 7], [7, 8], [8, 14], [14, 15], [15, 16]]
    assert np.issubdtype(spans.dtype, np.integer)
    assert TOKENIZER.token_spans("").tolist() == [[0, 0]]


def test_encode_batch_pads_at_the_right() -> None:
    batch = TOKENIZER.encode_batch([EXAMPLE, "", "AAAAAA"])
    assert batch.dtype == np.uint16
    assert batch.tolist() == [EXAMPLE_IDS, [3] + [1] * 7, [3, 4] + [1] * 6]
    assert TOKENIZER.encode_batch(["AAAAAA"], length=4).tolist() == [[3, 4, 1, 1]]
    assert TOKENIZER.encode_batch(iter(["A", "T"])).tolist() == [[3, 4100], [3, 4101]]
    assert TOKENIZER.encode_batch([]).shape == (0, 1)
    assert TOKENIZER.encode_batch([], length=9).shape == (0, 9)


def test_encode_batch_refuses_what_is_too_long() -> None:
    assert TOKENIZER.encode_batch(["A", EXAMPLE], length=8)[1].tolist() == EXAMPLE_IDS
    with pytest.raises(ValueError, match=r"^sequence 1 has 8 tokens, more than the length of 7: split it, or pass"):
        TOKENIZER.encode_batch(["A", EXAMPLE, EXAMPLE], length=7)


@given(sequences=st.lists(SEQUENCES, max_size=4), length=st.integers(1, 12), k=st.integers(3, 7))
def test_truncation_keeps_the_first_tokens(
    slow_ids: Callable[[str, int], list[int]], sequences: list[str], length: int, k: int
) -> None:
    batch = KmerTokenizer(Vocabulary(k=k)).encode_batch(sequences, length=length, truncation=True)
    rows = [slow_ids(normalize(sequence), k) for sequence in sequences]
    assert batch.shape == (len(sequences), length)
    assert batch.tolist() == [(row + [1] * length)[:length] for row in rows]


def test_truncation_still_reads_all_letters() -> None:
    with pytest.raises(ValueError, match=r"^sequence 1: character 'U' at position 600 \(0-based\) is not DNA"):
        TOKENIZER.encode_batch(["A", "A" * 600 + "U"], length=2, truncation=True)


@pytest.mark.usefixtures("unchecked_types")
def test_arguments_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^sequences is one str, not several: pass \[sequence\], or use encode$"):
        TOKENIZER.encode_batch("ACGT")
    with pytest.raises(ValueError, match=r"^truncation=True needs a length to cut to$"):
        TOKENIZER.encode_batch(["ACGT"], truncation=True)
    with pytest.raises(ValueError, match=r"^length is 0, but a row has at least one token, <cls>$"):
        TOKENIZER.encode_batch(["ACGT"], length=0)
    with pytest.raises(ValueError, match=r"^length is -1, but a row has at least one token, <cls>$"):
        TOKENIZER.encode_bases(np.zeros((1, 6), np.uint8), length=-1)
    with pytest.raises(ValueError, match=r"^sequence 0: a sequence must be a str, not bytes: decode bytes with"):
        TOKENIZER.encode_batch([b"ACGT"])  # type: ignore[list-item]


def test_encode_names_character_and_position() -> None:
    with pytest.raises(ValueError, match=r"^character '-' at position 4 \(0-based\) is not DNA: if this is an align"):
        TOKENIZER.encode("ACGT-")


def test_encode_bases() -> None:
    bases = np.array(
        [
            [0, 1, 2, 2, 2, 3, 3, 4, 4, 1, 2, 3, 0, 2, 0, 2, 4],
            [0, 0, 0, 0, 0, 0, 3, 3, 3, 3, 3, 3, 0, 1, 2, 3, 0],
            [0, 0, 0, 0, 0, 1, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5],
        ],
        dtype=np.uint8,
    )
    rows = [EXAMPLE_IDS, [3, 4, 4099, 4100, 4101, 4102, 4103, 4100], [3, 5, 1, 1, 1, 1, 1, 1]]
    assert TOKENIZER.encode_bases(bases).tolist() == rows
    assert TOKENIZER.encode_bases(bases, length=4).tolist() == [row[:4] for row in rows]
    assert TOKENIZER.encode_bases(bases, length=1).tolist() == [[3]] * 3
    assert TOKENIZER.encode_bases(bases, length=10).tolist() == [[*row, 1, 1] for row in rows]
    assert TOKENIZER.encode_bases(bases[:0], length=9).shape == (0, 9)
    assert TOKENIZER.encode_bases(bases[:, :0]).tolist() == [[3]] * 3


def test_a_window_of_n_makes_as_many_tokens_as_bases() -> None:
    bases = np.full((2, 6138), 4, dtype=np.uint8)
    assert TOKENIZER.encode_bases(bases).shape == (2, 6139)
    assert (TOKENIZER.encode_bases(bases, length=1024)[:, 1:] == 4104).all()


def test_encode_bases_equals_encode_on_strings() -> None:
    bases = np.random.default_rng(3).choice(5, (20, 100), p=[0.24, 0.24, 0.24, 0.24, 0.04]).astype(np.uint8)
    strings = ["".join("ATCGN"[code] for code in row) for row in bases]
    assert TOKENIZER.encode_bases(bases).tolist() == TOKENIZER.encode_batch(strings).tolist()


@pytest.mark.usefixtures("unchecked_types")
@pytest.mark.parametrize(
    ("bases", "message"),
    [
        (np.array([[0, 1], [2, 6]], np.uint8), "row 1, column 1: code 6 is no base code"),
        (
            np.array([[0, 8 | 3]], np.uint8),
            "row 0, column 1: code 11 is no base code: 0-3 are A, T, C, G, 4 is N",
        ),
        (np.array([[0, 0, 0], [0, 5, 1]], np.uint8), "row 1, column 1: code 5 (no base) has a base to its right"),
        (np.array([[5, 4]], np.uint8), "row 0, column 0: code 5 (no base) has a base to its right"),
        (np.zeros((2, 3), np.int64), "bases must be a NumPy array uint8[B, W], not int64[2, 3]"),
        (np.zeros(6, np.uint8), "bases must be a NumPy array uint8[B, W], not uint8[6]"),
        ([[0, 1]], "bases must be a NumPy array uint8[B, W], not list"),
    ],
)
def test_encode_bases_refuses_what_is_no_base(bases: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        TOKENIZER.encode_bases(bases)


@pytest.mark.parametrize("k", [3, 5, 6])
def test_tokens_of_a_number_of_bases_are_those_of_such_a_sequence(k: int) -> None:
    tokenizer = KmerTokenizer(Vocabulary(k=k))
    for num_bases in range(40):
        assert tokenizer.num_tokens(num_bases) == len(tokenizer.encode(("ACGTC" * 8)[:num_bases]))


@pytest.mark.parametrize(("k", "num_tokens", "num_bases"), [(6, 1024, 6138), (6, 1, 0), (5, 128, 635)])
def test_the_most_bases_of_a_row_are_whole_kmers(k: int, num_tokens: int, num_bases: int) -> None:
    tokenizer = KmerTokenizer(Vocabulary(k=k))
    assert tokenizer.most_bases(num_tokens) == num_bases
    assert tokenizer.num_tokens(num_bases) == num_tokens


def test_decode() -> None:
    assert TOKENIZER.decode([*EXAMPLE_IDS, 1, 1]) == EXAMPLE
    assert TOKENIZER.decode([3, 4, 2, 0, 4104, 1]) == "AAAAAA<mask><unk>N"
    assert TOKENIZER.decode([]) == ""
    assert TOKENIZER.decode(np.array([4099, 4100], np.int32)) == "GGGGGGA"


@pytest.mark.usefixtures("unchecked_types")
@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([3, 4105], "id 4105 at position 1 is outside the vocabulary: ids are 0 to 4104"),
        ([-1], "id -1 at position 0 is outside the vocabulary: ids are 0 to 4104"),
        ([[3, 4]], "ids must be integers in one dimension, not int64[1, 2]"),
        ([3.0], "ids must be integers in one dimension, not float64[1]"),
    ],
)
def test_decode_refuses_what_are_no_ids(ids: list[int], message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(message) + "$"):
        TOKENIZER.decode(ids)


def test_is_a_value() -> None:
    assert KmerTokenizer() == KmerTokenizer(AGRONT_VOCABULARY)
    assert KmerTokenizer() != KmerTokenizer(Vocabulary(k=5))
    with pytest.raises(dataclasses.FrozenInstanceError):
        TOKENIZER.vocabulary = Vocabulary(k=5)  # type: ignore[misc]
