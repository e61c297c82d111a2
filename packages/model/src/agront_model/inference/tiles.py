"""Rows longer than the context, cut into overlapping tiles, and which tile answers for which token."""

from itertools import pairwise
from typing import NamedTuple


class Tile(NamedTuple):
    """A part of a row that fits the context; its tokens are the row's first token, `<cls>`, and those it covers.

    All numbers are token positions in the row, half-open, `<cls>` at 0.

    Attributes:
        row: which row.
        start: first token covered; never 0.
        stop: one past the last token covered.
        own_start: first token that is taken from this tile, rather than from a neighbour that covers it too.
        own_stop: one past the last such token.
    """

    row: int
    start: int
    stop: int
    own_start: int
    own_stop: int

    @property
    def num_tokens(self) -> int:
        """Tokens of the tile, `<cls>` included."""
        return self.stop - self.start + 1

    @property
    def num_owned(self) -> int:
        """Tokens that are taken from this tile, `<cls>` not counted."""
        return self.own_stop - self.own_start

    @property
    def owned(self) -> slice:
        """Where those stand among the tokens of the tile."""
        first = self.own_start - self.start + 1
        return slice(first, first + self.num_owned)


def check_overlap(overlap: int, max_tokens: int) -> None:
    """Refuses an overlap that tiles of a context cannot have.

    Raises:
        ValueError: negative, or so large that a tile would hold nothing that its neighbour does not.
    """
    if not 0 <= overlap < max_tokens - 1:
        raise ValueError(
            f"`overlap` must lie in [0, {max_tokens - 1}), the tokens of a tile beside <cls>, got {overlap}; "
            f"an eighth of the context, {max_tokens // 8}, is a good choice"
        )


def lay_tiles(row: int, num_tokens: int, max_tokens: int, overlap: int) -> list[Tile]:
    """Cuts a row into as few tiles as the context and the overlap allow.

    A row that fits is one tile. Of a longer one all tiles fill the context, so that none is tiny and each token sees as
    much as can be; they are laid at even distances, and neighbours share at least `overlap` tokens. Each token belongs
    to the tile in which it stands farthest from an edge: neighbours part in the middle of what they share.

    Args:
        row: the number of the row, which the tiles carry.
        num_tokens: tokens of the row, `<cls>` included; at least 2.
        max_tokens: the context, `<cls>` included.
        overlap: tokens that neighbours share at least (`check_overlap`).
    """
    body, room = num_tokens - 1, max_tokens - 1
    gaps = -(-max(body - room, 0) // (room - overlap))
    starts = [1 + index * (body - room) // gaps for index in range(gaps + 1)] if gaps else [1]
    stops = [min(start + room, num_tokens) for start in starts]
    middles = [(start + stop + 1) // 2 for start, stop in zip(starts[1:], stops, strict=False)]
    borders = [1, *middles, num_tokens]
    return [
        Tile(row, start, stop, own_start, own_stop)
        for start, stop, (own_start, own_stop) in zip(starts, stops, pairwise(borders), strict=True)
    ]
