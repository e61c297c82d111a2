"""Tiles that substitutions have in common, and those that only look alike."""

import numpy as np
import pytest
from agront_data import encode_sequence
from agront_data.variants import AlleleChange, Surroundings, WildtypeTiles
from agront_tokenizer import KmerTokenizer
from tiles_by_letters import tile_by_letters, turned

TOKENIZER = KmerTokenizer()
NAMES = TOKENIZER.vocabulary.tokens
CONTIGS = {name: "".join(np.random.default_rng(seed).choice(list("ACGT"), 160)) for seed, name in enumerate("xy")}


def around(contig, position, first, last):
    bases = encode_sequence(CONTIGS[contig][first:last])
    return Surroundings(
        contig, bases, first, 160, np.array([[0, 160]]), AlleleChange(position, 2, encode_sequence("GA"))
    )


@pytest.mark.parametrize("strands", ["+", "-", "+-"])
def test_tiles_are_those_of_strings(strands):
    tiles = WildtypeTiles(TOKENIZER, context=9, strands=tuple(strands))
    for contig, letters in CONTIGS.items():
        for position in (0, 3, 79, 80, 157):
            pairs = tiles.pairs(around(contig, position, max(0, position - 54), position + 56))
            expected = []
            for strand in strands:
                text, begin, come = (
                    (letters, position, "GA") if strand == "+" else (turned(letters), 158 - position, "TC")
                )
                for frame in range(5):
                    if (found := tile_by_letters(text, begin - frame, 9)) is not None:
                        tile, place = found
                        altered = tile[place][:frame] + come + tile[place][frame + 2 :]
                        expected.append((strand, frame, tile, place + 1, tile[place], altered))
            assert expected == [
                (
                    pair.strand,
                    pair.frame,
                    [NAMES[token] for token in pair.tokens[1:]],
                    pair.position,
                    NAMES[pair.reference],
                    NAMES[pair.alternative],
                )
                for pair in pairs
            ]


def test_a_tile_is_tokenized_once():
    tiles = WildtypeTiles(TOKENIZER, context=9)
    first, second = (tiles.pairs(around("x", position, position - 54, position + 56)) for position in (76, 82))
    assert len(first) == len(second) == 10
    assert all(one.tokens is other.tokens for one, other in zip(first, second, strict=True))
