"""Windows of tokens around a place: which bases they begin at, by the rule of `masked_pairs`."""

import numpy as np
from jaxtyping import UInt8

from agront_data.bases import N


def num_tokens_left(bases: UInt8[np.ndarray, "L"], start: int, k: int, context: int) -> int:
    """Counts the whole tokens to the left of a token, in frame with it.

    Args:
        bases: Codes of the contig, or of `context` tokens on either side as far as the contig has them.
        start: The token's first base.
        k: Bases of a token.
        context: Tokens of a window after `<cls>`.

    Returns:
        As many as fit between the token and the nearest base that is none of A, T, C, G; half of the context at most.
    """
    first = max(0, start - k * (context // 2))
    broken = np.flatnonzero(bases[first:start] >= N)
    in_frame_from = first + int(broken[-1]) + 1 if broken.size else first
    return (start - in_frame_from) // k
