"""Tiles of a row of tokens that is longer than a model's context: each token has one in which it is read."""

from collections.abc import Iterator
from typing import NamedTuple


class TokenTile(NamedTuple):
    """A tile of a row, and the tokens whose best tile it is; half-open, counted within the row.

    Attributes:
        start: Its first token.
        end: The token behind its last one.
        own_start: The first token whose best tile it is.
        own_end: The token behind the last such one.
    """

    start: int
    end: int
    own_start: int
    own_end: int


def tiles_of_tokens(start: int, end: int, num_tokens: int, context: int) -> Iterator[TokenTile]:
    """Yields the best tiles of some tokens of a row, each once, from left to right.

    Tiles of `context` tokens begin at every ⌊context / 2⌋th token of a row; the last ones may be shorter. A token's
    best tile is the one in which it is farthest from both ends; the left one of two that are alike.

    Args:
        start: The first token.
        end: The token behind the last one; at most `num_tokens`.
        num_tokens: Tokens of the row.
        context: Tokens of a tile.

    Yields:
        The tiles; of their own tokens, those that are asked for.
    """
    step = max(1, context // 2)
    # The first token that is farther from the ends in the second tile than in the first.
    border = (step + context - 1) // 2 + 1
    last = max(0, -(-(num_tokens - context) // step))
    while start < end:
        tile = min(max(0, (start - border) // step + 1), last)
        own_end = end if tile == last else min(end, border + tile * step)
        yield TokenTile(tile * step, min(tile * step + context, num_tokens), start, own_end)
        start = own_end
