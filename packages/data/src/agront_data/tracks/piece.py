"""`Piece`: a part of a contig, as a track is computed and written in."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

PIECE_BASES = 1 << 18


class Piece(NamedTuple):
    """A part of a contig.

    Attributes:
        contig: The contig's name.
        start: The first base.
        end: The base behind the last one.
    """

    contig: str
    start: int
    end: int


def cut_blocks(lengths: Mapping[str, int], most_bases: int = PIECE_BASES) -> Iterator[list[Piece]]:
    """Cuts contigs into blocks, which are computed as a whole: part of a long contig, or several short ones.

    Args:
        lengths: Bases of each contig, by name.
        most_bases: Bases of a block; pieces of a contig begin at its multiples.

    Yields:
        The pieces of a block, in the order of the contigs.
    """
    block: list[Piece] = []
    room = most_bases
    for contig, length in lengths.items():
        for start in range(0, length, most_bases):
            piece = Piece(contig, start, min(start + most_bases, length))
            if piece.end - piece.start > room:
                yield block
                block, room = [], most_bases
            block.append(piece)
            room -= piece.end - piece.start
    if block:
        yield block
