"""Loss weights: how much the prediction of each token counts, where repeats shall count less."""

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import Float32, UInt8

from agront_data.bases import BASE_BITS, SOFT_MASKED


def soft_masked_loss_weights(
    bases: UInt8[np.ndarray, "B W"], tokenizer: KmerTokenizer, num_tokens: int, soft_masked_weight: float
) -> Float32[np.ndarray, "B {num_tokens}"]:
    """Returns for each token the mean over its bases of `soft_masked_weight` where soft-masked, and 1 elsewhere.

    Args:
        bases: Codes 0–5 with the soft-mask bit.
        tokenizer: Says which bases are in which token.
        num_tokens: Tokens in a row; what exceeds them is cut, as in `KmerTokenizer.encode_bases`. `<cls>` and `<pad>`,
            which have no bases, get 1; they are never predicted.
        soft_masked_weight: Of a soft-masked base.
    """
    shares = tokenizer.token_shares(bases & BASE_BITS, bases & SOFT_MASKED != 0, num_tokens)
    return 1 - np.float32(1 - soft_masked_weight) * shares
