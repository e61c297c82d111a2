"""A change of any length in every pair of strand and frame: each token that covers it, masked alone.

The sum of the log-likelihoods of tokens that are masked one at a time is the pseudo-log-likelihood of Salazar et al.
(2020, https://doi.org/10.18653/v1/2020.acl-main.240).
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import UInt8

from agront_data.bases import BASE_BITS, N, reverse_complement
from agront_data.variants.allele_change import AlleleChange
from agront_data.variants.likelihoods import Question
from agront_data.variants.token_pair import Strand
from agront_data.variants.windows import num_tokens_left

MOST_PLL_BASES = 300
"""Bases of the longest allele that `pll` scores: each token of it is a pass through the model, in each frame."""


def left_aligned(bases: UInt8[np.ndarray, "L"], change: AlleleChange, most: int) -> AlleleChange:
    """Moves an insertion or a deletion as far to the left as it does the same there.

    Args:
        bases: Codes of its contig, or of a piece, without the soft-mask bit.
        change: Its position is counted within `bases`. What has both, bases that go and bases that come, does not move.
        most: Bases that it is moved by at most.
    """
    position, num_replaced, inserted = change
    moved = inserted if inserted.size else bases[position : position + num_replaced]
    if inserted.size and num_replaced:
        return change
    steps, size = 0, moved.size
    # The last base goes to the front while it is the one before the change.
    while steps < min(most, position) and bases[position - 1 - steps] == moved[(size - 1 - steps) % size] < N:
        steps += 1
    return AlleleChange(position - steps, num_replaced, np.roll(inserted, steps))


def num_pll_tokens(change: AlleleChange, frame: int, k: int) -> int:
    """Counts the tokens that cover the longer of two alleles, from `frame` bases before them on."""
    return -(-(frame + max(change.num_replaced, change.bases.size)) // k)


def pseudo_likelihood_pairs(
    bases: UInt8[np.ndarray, "L"],
    change: AlleleChange,
    tokenizer: KmerTokenizer,
    *,
    context: int,
    strands: Sequence[Strand] = ("+", "-"),
) -> list[list[Question]] | Literal["too_long"]:
    """Lays out a change on both strands, in each of the k frames.

    On each strand an insertion or deletion is moved to the left, by the bases of a window at most (`left_aligned`). In
    frame f the tokens begin f bases before the change, and there are as many as cover the longer allele: log p of each,
    masked alone, in the window of the alternative sequence, minus the same in that of the reference. Windows begin
    where those of `masked_pairs` do, at the same base for both. Pairs with another base than A, T, C, G in those
    tokens, or beyond the end, are left out.

    Args:
        bases: Codes of the contig, or of 2 × `num_bases_around` bases on either side of the change as far as the contig
            has them. The soft-mask bit is ignored.
        change: Its position is counted within `bases`.
        tokenizer: Makes the ids.
        context: Tokens of a window after `<cls>`.
        strands: Which to read.

    Returns:
        What each pair asks, of the alternative sequence and then as much of the reference; or "too_long" where an
        allele has more than `MOST_PLL_BASES`, or than half of a window.
    """
    k = tokenizer.vocabulary.k
    longest = max(change.num_replaced, change.bases.size)
    if longest > MOST_PLL_BASES or num_pll_tokens(change, k - 1, k) > context - context // 2:
        return "too_long"
    bases = bases & BASE_BITS
    pairs = []
    for strand in strands:
        here, there = bases, change
        if strand == "-":
            here = reverse_complement(bases)
            there = AlleleChange(
                bases.size - change.position - change.num_replaced,
                change.num_replaced,
                reverse_complement(change.bases),
            )
        there = left_aligned(here, there, k * context)
        altered = np.concatenate(
            [here[: there.position], there.bases, here[there.position + there.num_replaced :]], dtype=np.uint8
        )
        for frame in range(k):
            pair = _pair(here, altered, there.position - frame, num_pll_tokens(there, frame, k), tokenizer, context)
            pairs += [pair] if pair else []
    return pairs


def _pair(
    reference: UInt8[np.ndarray, "L"],
    alternative: UInt8[np.ndarray, "M"],
    start: int,
    num_tokens: int,
    tokenizer: KmerTokenizer,
    context: int,
) -> list[Question]:
    """Returns what one strand and frame asks; none where a token would not be a k-mer."""
    k = tokenizer.vocabulary.k
    end = start + k * num_tokens
    if start < 0 or end > min(reference.size, alternative.size):
        return []
    if (reference[start:end] >= N).any() or (alternative[start:end] >= N).any():
        return []
    num_left = num_tokens_left(reference, start, k, context)
    first = start - k * num_left
    questions = []
    for bases in (alternative, reference):
        ids = tokenizer.encode_bases(bases[None, first : first + k * context])[0, : context + 1]
        for position in range(num_left + 1, num_left + 1 + num_tokens):
            masked = ids.copy()
            masked[position] = tokenizer.vocabulary.mask_id
            questions.append(Question(masked, np.array([[position, ids[position]]], np.int64)))
    return questions
