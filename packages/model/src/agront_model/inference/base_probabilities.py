"""From probabilities of k-mers to probabilities of bases."""

import numpy as np
from jaxtyping import Float, Float32, UInt8

NUM_BASES = 4


def base_probabilities(
    logits: Float[np.ndarray, "*leading V"], token_bases: UInt8[np.ndarray, "V k"]
) -> Float32[np.ndarray, "*leading k 4"]:
    """Probability of each base at each place of a token, given that the token is a k-mer.

    The softmax goes over the k-mers alone: `<unk>`, `N`, single letters and the like get no share. The probability of a
    base at a place is then the sum over all k-mers that have it there. At a `<mask>` this is what the model thinks of
    each of the hidden bases; note that bases of one token are not independent.

    Args:
        logits: over the vocabulary, such as `MaskedPrediction.logits`.
        token_bases: the base codes of each token, such as `agront_tokenizer`'s `Vocabulary.token_bases`: 0-3 for the
            four bases, any other number for what is none. Tokens with k bases are the k-mers.

    Returns:
        Float32, [..., k, 4]: place in the token, base code (A, T, C, G in AgroNT's vocabulary). Each place sums to 1.

    Raises:
        ValueError: the sizes of vocabulary differ, or no token has k bases.
    """
    logits = np.asarray(logits)
    token_bases = np.asarray(token_bases)
    if token_bases.ndim != 2 or logits.ndim < 1 or logits.shape[-1] != len(token_bases):
        raise ValueError(
            f"logits of the shape {logits.shape} and token_bases of the shape {token_bases.shape} do not belong "
            "together: [..., V] and [V, k] have the same V, the rows of the vocabulary"
        )
    is_kmer = (token_bases < NUM_BASES).all(axis=1)
    if not is_kmer.any():
        raise ValueError("no row of token_bases holds k base codes of 0-3: there is no k-mer to sum over")
    kmer_logits = logits[..., is_kmer].astype(np.float64)
    weights = np.exp(kmer_logits - kmer_logits.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)
    bases = token_bases[is_kmer]
    has_base = bases.T[:, :, None] == np.arange(NUM_BASES)
    return np.tensordot(weights, has_base.astype(np.float64), axes=(-1, 1)).astype(np.float32)
