"""A substitution in every pair of strand and frame: windows with `<mask>` in the place of the token that covers it."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import UInt8

from agront_data.bases import BASE_BITS, NO_BASE, N, reverse_complement
from agront_data.variants.token_pair import Strand, TokenPair
from agront_data.variants.windows import num_tokens_left

Frames = Literal["all", "central"]
"""All the ways in which a token can cover a substitution; or, on each strand, the one that has it in its middle."""


class _Place(NamedTuple):
    """A pair before it is tokenized: the bases of its window, and where in it the token is."""

    strand: Strand
    frame: int
    start: int
    window: UInt8[np.ndarray, "W"]
    num_left: int
    altered: UInt8[np.ndarray, "k"]


def num_bases_around(context: int, tokenizer: KmerTokenizer) -> int:
    """Counts the bases that `masked_pairs` needs to know on either side of a substitution."""
    return context * tokenizer.vocabulary.k


def masked_pairs(
    bases: UInt8[np.ndarray, "L"],
    position: int,
    alternative: UInt8[np.ndarray, "m"],
    tokenizer: KmerTokenizer,
    *,
    context: int,
    frames: Frames = "all",
    strands: Sequence[Strand] = ("+", "-"),
) -> list[TokenPair]:
    """Lays out a substitution of m bases on both strands, in each of the k − m + 1 frames.

    The token that covers it begins f bases before it, f = 0 … k − m. To its left the window has as many whole tokens as
    fit between it and the nearest base that is none of A, T, C, G, at most half of the context, so that it is in frame;
    the rest of the context follows it. Pairs whose token would leave the contig, or hold such a base, are left out.

    Args:
        bases: Codes of the contig, or of `num_bases_around` bases on either side as far as the contig has them. The
            soft-mask bit is ignored.
        position: The first base that is replaced, counted within `bases`.
        alternative: Codes of what takes the place of as many bases; the soft-mask bit is ignored.
        tokenizer: Makes the ids.
        context: Tokens of a window after `<cls>`; the published model has 1,023.
        frames: "central" takes f = ⌈(k − m) / 2⌉ on the forward and ⌊(k − m) / 2⌋ on the reverse strand alone.
        strands: Which to read.

    Returns:
        The pairs, by strand and then by frame; none where every token is left out. Those of one contig that have strand
        and window in common have the same tokens: one pass through the model serves all of their alternatives.

    Raises:
        ValueError: There is no base to replace or more than k of them, they are beyond the end, the alternative has
            another base than A, T, C, G, or the context has no token.
    """
    bases, alternative = bases & BASE_BITS, alternative & BASE_BITS
    size, k = alternative.size, tokenizer.vocabulary.k
    if not 1 <= size <= k:
        raise ValueError(f"{size} bases are replaced at once; a token covers 1 to {k} of them")
    if not 0 <= position <= bases.size - size:
        raise ValueError(f"bases {position} to {position + size} are replaced, and there are {bases.size}")
    if (alternative >= N).any():
        raise ValueError("the alternative has a base that is none of A, T, C, G")
    if context < 1:
        raise ValueError(f"context is {context}; a window has at least 1 token")
    places: list[_Place] = []
    for strand in strands:
        central = -(-(k - size) // 2) if strand == "+" else (k - size) // 2
        wanted = range(k - size + 1) if frames == "all" else (central,)
        forward = strand == "+"
        places += _places(
            strand,
            wanted,
            bases if forward else reverse_complement(bases),
            position if forward else bases.size - position - size,
            alternative if forward else reverse_complement(alternative),
            k,
            context,
        )
    return _tokenized(places, tokenizer, context)


def _places(
    strand: Strand,
    frames: Sequence[int],
    bases: UInt8[np.ndarray, "L"],
    position: int,
    alternative: UInt8[np.ndarray, "m"],
    k: int,
    context: int,
) -> Iterator[_Place]:
    for frame in frames:
        start = position - frame
        token = bases[max(start, 0) : start + k]
        if token.size < k or (token >= N).any():
            continue
        num_left = num_tokens_left(bases, start, k, context)
        first = start - k * num_left
        altered = token.copy()
        altered[frame : frame + alternative.size] = alternative
        yield _Place(strand, frame, start, bases[first : first + k * context], num_left, altered)


def _tokenized(places: Sequence[_Place], tokenizer: KmerTokenizer, context: int) -> list[TokenPair]:
    if not places:
        return []
    windows = np.full((len(places), max(place.window.size for place in places)), NO_BASE, np.uint8)
    for row, place in zip(windows, places, strict=True):
        row[: place.window.size] = place.window
    ids = tokenizer.encode_bases(windows)[:, : context + 1]
    altered = tokenizer.encode_bases(np.stack([place.altered for place in places]))[:, 1]
    vocabulary, pairs = tokenizer.vocabulary, []
    for place, row, alternative in zip(places, ids, altered.tolist(), strict=True):
        tokens, position = row[row != vocabulary.pad_id].copy(), place.num_left + 1
        reference = int(tokens[position])
        tokens[position] = vocabulary.mask_id
        pairs.append(TokenPair(place.strand, place.frame, place.start, tokens, position, reference, alternative))
    return pairs
