"""The tiles in which a model reads a piece of a contig: both strands, every phase."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import Integer

from agront_data.bases import BASE_BITS, NO_BASE, reverse_complement
from agront_data.regions import ContigBases
from agront_data.tracks.piece import Piece
from agront_data.variants import Strand, tiles_of_tokens


class StrandTile(NamedTuple):
    """A row for a model, and which of its tokens tell the piece's bases.

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


def strand_tiles(piece: Piece, genome: ContigBases, tokenizer: KmerTokenizer, context: int) -> list[StrandTile]:
    """Lays the tiles of a piece, as `wildtype_pairs` has them: each with the tokens that are best there.

    Args:
        piece: The piece.
        genome: Has its contig.
        tokenizer: Makes the ids.
        context: Tokens of a tile after `<cls>`.

    Returns:
        Tiles by strand, run of A, T, C, G, and phase: always in this order, however a contig is cut into pieces.
    """
    k, length = tokenizer.vocabulary.k, genome.lengths[piece.contig]
    first, last = max(0, piece.start - k * context), min(length, piece.end + k * context)
    known = genome.known_runs(piece.contig, piece.start, piece.end)
    [bases] = genome.read([(piece.contig, first, last)])
    bases = bases & BASE_BITS
    places: list[tuple[Strand, int, int, int, int]] = [
        ("+", *place) for place in _places(known.tolist(), piece.start, piece.end, k, context)
    ]
    turned = (length - known[::-1, ::-1]).tolist()
    places += [("-", *place) for place in _places(turned, length - piece.end, length - piece.start, k, context)]
    strands: dict[Strand, tuple[np.ndarray, int]] = {
        "+": (bases, first),
        "-": (reverse_complement(bases), length - last),
    }
    rows = np.full((len(places), k * context), NO_BASE, np.uint8)
    for row, (strand, start, num_tokens, _, _) in zip(rows, places, strict=True):
        of_strand, of_first = strands[strand]
        row[: k * num_tokens] = of_strand[start - of_first :][: k * num_tokens]
    ids = tokenizer.encode_bases(rows, context + 1) if places else ()
    tiles = []
    for row, (strand, start, num_tokens, own_start, own_end) in zip(ids, places, strict=True):
        first_base = start + k * own_start if strand == "+" else length - start - k * own_end
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
