"""A model of bases without meaning, and what strings say of a track."""

import numpy as np
import pytest
from agront_tokenizer import KmerTokenizer
from tiles_by_letters import probabilities_of, tile_by_letters, turned

TOKENIZER = KmerTokenizer()


def track_by_letters(letters, context):
    """log p of A, C, G, T at each base, one token at a time."""
    expected = np.full((len(letters), 4), np.nan)
    for position in range(len(letters)):
        pairs = []
        for text, place, names in (
            (letters, position, "ATCG"),
            (turned(letters), len(letters) - 1 - position, "TAGC"),
        ):
            for frame in range(6):
                found = tile_by_letters(text, place - frame, context)
                if found is not None:
                    tile, index = found
                    pairs.append(probabilities_of(tile)[index, frame][[names.index(base) for base in "ACGT"]])
        if pairs:
            expected[position] = np.log(np.mean(pairs, axis=0))
    return expected


@pytest.fixture(scope="session")
def by_letters():
    return track_by_letters


@pytest.fixture(scope="session")
def model():
    """From rows of ids to probabilities."""

    def call(rows):
        return [probabilities_of([TOKENIZER.vocabulary.tokens[each] for each in row[1:]]) for row in rows]

    return call


@pytest.fixture(scope="session")
def turn():
    return turned
