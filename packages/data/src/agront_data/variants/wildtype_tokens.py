"""A substitution in every pair of strand and frame without a mask: tiles that serve every variant in them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agront_tokenizer import KmerTokenizer

from agront_data.variants.surroundings import Surroundings
from agront_data.variants.token_pair import Strand, TokenPair


def best_tile(token: int, num_tokens: int, context: int) -> tuple[int, int]:
    """Finds the tile in which a token is farthest from both ends; the left one of two that are alike.

    Tiles of `context` tokens begin at every ⌊context / 2⌋th token of a row; the last ones may be shorter.

    Args:
        token: Its place in the row, from 0.
        num_tokens: Tokens of the row.
        context: Tokens of a tile.

    Returns:
        The tile's first token, and the token behind its last one.
    """
    step = max(1, context // 2)
    first = max(0, -(-(token - context + 1) // step))
    tiles = [(tile * step, min(tile * step + context, num_tokens)) for tile in range(first, token // step + 1)]
    return max(tiles, key=lambda tile: min(token - tile[0], tile[1] - 1 - token))


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
    """Yields the best tiles (`best_tile`) of some tokens of a row, each once, from left to right.

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


def wildtype_pairs(
    around: Surroundings, tokenizer: KmerTokenizer, *, context: int, strands: Sequence[Strand] = ("+", "-")
) -> list[TokenPair]:
    """Lays out a substitution of m bases on both strands, in each of the k − m + 1 frames, without a mask.

    On each strand, each run of A, T, C, G is cut into tokens in k phases, counted from its beginning, and the tokens of
    a phase into tiles (`best_tile`): what covers the contig in 2 × k × 2 passes, and has a place for every variant.

    Args:
        around: A substitution of 1 to k bases, with `num_bases_around` bases on either side as far as the contig has
            them.
        tokenizer: Makes the ids.
        context: Tokens of a tile after `<cls>`.
        strands: Which to read.

    Returns:
        The pairs, by strand and then by frame; those are left out whose token is not within a run.
    """
    k, pairs = tokenizer.vocabulary.k, []
    for strand in strands:
        here = around if strand == "+" else around.turned()
        position, size, inserted = here.change
        for frame in range(k - size + 1):
            start = position - frame
            for run_start, run_end in here.known.tolist():
                if not run_start <= start <= run_end - k:
                    continue
                token, phase = divmod(start - run_start, k)
                tile_start, tile_end = best_tile(token, (run_end - run_start - phase) // k, context)
                first = run_start + phase + k * tile_start - here.first
                bases = here.bases[first : first + k * (tile_end - tile_start)]
                altered = here.bases[start - here.first : start - here.first + k].copy()
                altered[frame : frame + size] = inserted
                tokens = tokenizer.encode_bases(bases[None])[0]
                place = token - tile_start + 1
                alternative = int(tokenizer.encode_bases(altered[None])[0, 1])
                pairs.append(TokenPair(strand, frame, start, tokens, place, int(tokens[place]), alternative))
    return pairs
