"""Shares of k-mers: what a sequence is made of, without the order."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float32, UInt8

from agront_data.bases import N


def kmer_shares(sequences: Sequence[UInt8[np.ndarray, "_W"]], k: int) -> Float32[np.ndarray, "N kmers"]:
    """Counts the k-mers of the forward strand of each sequence, and divides by their number.

    Args:
        sequences: Codes of each, without the soft-mask bit.
        k: Bases of a k-mer, 1 to 8.

    Returns:
        For each sequence a share for each of 4ᵏ k-mers, in the order of base-4 numbers of their codes; zeros where it
        has none without N.
    """
    shares = np.zeros((len(sequences), 4**k), np.float32)
    for row, codes in zip(shares, sequences, strict=True):
        if codes.size < k:
            continue
        windows = np.lib.stride_tricks.sliding_window_view(codes, k)
        known = windows[(windows < N).all(axis=1)]
        if len(known):
            numbers = known @ 4 ** np.arange(k - 1, -1, -1)
            row[:] = np.bincount(numbers, minlength=4**k) / len(known)
    return shares
