"""The tiles in which a model reads a stretch of a contig: both strands, every phase."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import Int64, Integer, UInt8

from agront_data.bases import NO_BASE, reverse_complement
from agront_data.variants.token_pair import Strand
from agront_data.variants.token_tiles import tiles_of_tokens


class Stretch(NamedTuple):
    """Bases of a contig, and where tokens may lie.

    Attributes:
        bases: Codes, without the soft-mask bit.
        first: The first of them, counted within the contig.
        contig_length: Bases of the contig.
        known: Runs of A, T, C, G, each whole, as start and end (half-open) within the contig.
    """

    bases: UInt8[np.ndarray, "L"]
    first: int
    contig_length: int
    known: Int64[np.ndarray, "R 2"]


class StrandTile(NamedTuple):
    """A row for a model, and which of its tokens tell bases that are asked for.

    Attributes:
        strand: On "-" the tokens are of the reverse complement.
        tokens: Ids that the model reads, `<cls>` first.
        own_start: The first token whose best tile it is; `<cls>` is not counted.
        own_end: The token behind the last such one.
        start: The first base of those tokens, on the forward strand of the contig.
    """

    strand: Strand
    tokens: Integer[np.ndarray, "T"]
    own_start: int
    own_end: int
    start: int


def strand_tiles(stretch: Stretch, start: int, end: int, tokenizer: KmerTokenizer, context: int) -> list[StrandTile]:
    """Lays the tiles of some bases, as `WildtypeTiles` has them: each with the tokens that are best there.

    Args:
        stretch: The bases, with k x `context` on either side as far as the contig has them.
        start: The first base, counted within the contig.
        end: The base behind the last one.
        tokenizer: Makes the ids.
        context: Tokens of a tile after `<cls>`.

    Returns:
        Tiles by strand, run of A, T, C, G, and phase: always in this order, however a contig is cut into pieces.
    """
    k, length, known = tokenizer.vocabulary.k, stretch.contig_length, stretch.known
    places: list[tuple[Strand, int, int, int, int]] = [
        ("+", *place) for place in _places(known.tolist(), start, end, k, context)
    ]
    turned = (length - known[::-1, ::-1]).tolist()
    places += [("-", *place) for place in _places(turned, length - end, length - start, k, context)]
    strands: dict[Strand, tuple[np.ndarray, int]] = {
        "+": (stretch.bases, stretch.first),
        "-": (reverse_complement(stretch.bases), length - stretch.first - stretch.bases.size),
    }
    rows = np.full((len(places), k * context), NO_BASE, np.uint8)
    for row, (strand, begin, num_tokens, _, _) in zip(rows, places, strict=True):
        of_strand, of_first = strands[strand]
        row[: k * num_tokens] = of_strand[begin - of_first :][: k * num_tokens]
    ids = tokenizer.encode_bases(rows, context + 1) if places else ()
    tiles = []
    for row, (strand, begin, num_tokens, own_start, own_end) in zip(ids, places, strict=True):
        first_base = begin + k * own_start if strand == "+" else length - begin - k * own_end
        tiles.append(StrandTile(strand, row[: num_tokens + 1], own_start, own_end, first_base))
    return tiles


def _places(runs: list[list[int]], start: int, end: int, k: int, context: int) -> Iterator[tuple[int, int, int, int]]:
    """Yields first base, number of tokens, and first and last own token of each tile, on a strand."""
    for run_start, run_end in runs:
        for phase in range(k):
            begin = run_start + phase
            num_tokens = max(0, (run_end - begin) // k)
            first, last = max(0, (start - begin) // k), min(num_tokens, -(-(end - begin) // k))
            for tile in tiles_of_tokens(first, last, num_tokens, context):
                yield (
                    begin + k * tile.start,
                    tile.end - tile.start,
                    tile.own_start - tile.start,
                    tile.own_end - tile.start,
                )
