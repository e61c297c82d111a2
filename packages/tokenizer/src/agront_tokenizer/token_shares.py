"""Shares: how many of a token's bases are marked, for a whole batch at once."""

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from agront_tokenizer.base_alphabet import N_CODE
from agront_tokenizer.runs import find_runs, row_lengths, tokens_of_runs


def shares_of_tokens(
    codes: UInt8[np.ndarray, "B W"], marked: Bool[np.ndarray, "B W"], k: int, length: int
) -> Float32[np.ndarray, "B {length}"]:
    """Returns the share of each token's bases that are marked; 0 for `<cls>` and `<pad>`.

    Args:
        codes: base codes, as for `encode_codes`.
        marked: which bases are marked.
        k: bases in a k-mer.
        length: tokens of a row, `<cls>` included; longer rows are cut at the right.

    Raises:
        ValueError: if a base follows a 5.
    """
    rows, width = codes.shape
    highest = codes.max(axis=1, initial=0)
    lengths = row_lengths(codes, highest)
    broken = np.flatnonzero(highest >= N_CODE)

    shares = np.zeros((rows, length), dtype=np.float32)
    kmers = min(width // k, length - 1)
    in_kmers = marked[:, : kmers * k].view(np.uint8)
    counts = in_kmers[:, ::k].copy()
    for digit in range(1, k):
        counts += in_kmers[:, digit::k]
    np.multiply(counts, np.float32(1 / k), out=shares[:, 1 : 1 + kmers])
    letters = marked[:, kmers * k :][:, : length - 1 - kmers]
    shares[:, 1 + kmers : 1 + kmers + letters.shape[1]] = letters

    # Rows with N are written anew from their runs, as in `encode_codes`.
    shares[broken] = 0
    runs, _ = find_runs(codes[broken], lengths[broken], k)
    tokens = tokens_of_runs(runs, k, length)
    row, start = broken[tokens.row], tokens.start
    found = marked[row, start].astype(np.float32)
    kmer = np.flatnonzero(tokens.is_kmer)
    for digit in range(1, k):
        found[kmer] += marked[row[kmer], start[kmer] + digit]
    found[kmer] /= k
    shares[row, tokens.column] = found
    return shares
