from collections.abc import Callable

import numpy as np
import pytest
from agront_data import GenomeStore, HeldOut, Mixture, WindowGrid, Windows
from agront_data.batches import training_token_counts
from agront_tokenizer import KmerTokenizer

Make = Callable[..., GenomeStore]
TOKENIZER = KmerTokenizer()
HELD_OUT = HeldOut(contigs=("c2",))


@pytest.fixture
def store(make_store: Make) -> GenomeStore:
    return make_store({"rice": {"c1": "AAAAAAACGTTTN", "c2": "ACGTACTTTTTTGGGGGGCCa"}})


def test_rows_too_short_for_a_window_are_refused(store: GenomeStore) -> None:
    grid = WindowGrid.build(store, Windows(length=6), HELD_OUT, "held_out")
    with pytest.raises(ValueError, match="more than num_tokens=1"):
        training_token_counts(store, grid, TOKENIZER, 1)


def test_token_counts_by_hand(store: GenomeStore) -> None:
    # c1 has two windows of 7: AAAAAAA and ACGTTTN. Forward they are AAAAAA A and ACGTTT N; reversed TTTTTT T and
    # N AAACGT. Each of the other five frames has one base of seven left: the second to the sixth.
    grid = WindowGrid.build(store, Windows(length=7, short="skip"), HELD_OUT)
    assert len(grid) == 2
    assert grid.locate(np.arange(2)).start.tolist() == [0, 6]
    every_frame = {"<cls>": 2 * 6, "<pad>": 6 + 5 * 8, "N": 1}
    forward = {**every_frame, "AAAAAA": 1, "ACGTTT": 1, "A": 1 + 5, "C": 1, "G": 1, "T": 3}
    reverse = {**every_frame, "TTTTTT": 1, "AAACGT": 1, "T": 1 + 5, "A": 3, "C": 1, "G": 1}
    for both_strands in (False, True):
        counts = training_token_counts(store, grid, TOKENIZER, 6, both_strands)
        expected = np.zeros(4105, int)
        for strand in (forward, reverse) if both_strands else (forward,):
            for token, count in strand.items():
                expected[TOKENIZER.vocabulary.tokens.index(token)] += count
        np.testing.assert_array_equal(counts, expected)


def test_counts_are_of_all_reading_frames(store: GenomeStore) -> None:
    # One window of 13, AAAAAAACGTTTN: in frame 0 AAAAAA ACGTTT N, in the others one 6-mer and a base of 13 - 6 = 7.
    grid = WindowGrid.build(store, Windows(length=13, short="skip"), HELD_OUT)
    assert len(grid) == 1
    counts = training_token_counts(store, grid, TOKENIZER, 4, both_strands=False)
    tokens = TOKENIZER.vocabulary.tokens
    kmers = {tokens[token]: counts[token] for token in TOKENIZER.vocabulary.kmer_ids if counts[token]}
    assert kmers == {"AAAAAA": 2, "ACGTTT": 1, "AAAAAC": 1, "AAAACG": 1, "AAACGT": 1, "AACGTT": 1}


@pytest.mark.parametrize(
    ("weights", "expected"),
    # Of 16 windows in all: three quarters and one quarter, one genome alone, and one that is too rare but comes up.
    [({"a": 3, "c": 1}, (12, 4)), ({"a": 0, "c": 2}, (0, 16)), ({"a": 1, "c": 1e-6}, (16, 1))],
)
def test_windows_of_a_mixture_are_counted_by_their_shares(
    make_store: Make, weights: dict[str, float], expected: tuple[int, int]
) -> None:
    store = make_store({"a": {"c1": "A" * 24}, "c": {"c1": "C" * 72}})
    grid = WindowGrid.build(store, Windows(length=6), HeldOut())
    assert len(grid) == 4 + 12
    counts = training_token_counts(store, grid, TOKENIZER, 2, both_strands=False, mixture=Mixture(weights=weights))
    # A window is one 6-mer in its first frame, and nothing in the others.
    tokens = TOKENIZER.vocabulary.tokens
    assert (counts[tokens.index("AAAAAA")], counts[tokens.index("CCCCCC")]) == expected
