import itertools

import numpy as np
import pytest
from agront_data import encode_sequence
from agront_data.labelled import kmer_shares


@pytest.mark.parametrize("k", [1, 3])
def test_shares_are_those_of_strings(k):
    texts = ["ACGTTGCANACG", "AAAA", "NNN", "A", "GATTACAGATTACA"]
    found = kmer_shares([encode_sequence(text) for text in texts], k)
    kmers = ["".join(each) for each in itertools.product("ATCG", repeat=k)]
    for row, text in zip(found, texts, strict=True):
        pieces = [text[place : place + k] for place in range(len(text) - k + 1)]
        pieces = [piece for piece in pieces if "N" not in piece]
        expected = [pieces.count(kmer) / max(1, len(pieces)) for kmer in kmers]
        np.testing.assert_allclose(row, expected, rtol=1e-6)
