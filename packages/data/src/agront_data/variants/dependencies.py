"""Nucleotide dependencies: how much a substitution of one base changes what a model expects at each other base.

As in Tomaz da Silva et al., "Nucleotide dependency analysis of DNA language models reveals genomic functional
elements", https://doi.org/10.1101/2024.07.27.605418; of a model of k-mers, each base is read in every phase.
"""

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import Bool, Float32, UInt8

from agront_data.bases import BASE_BITS, N
from agront_data.store import find_runs
from agront_data.variants.likelihoods import BaseModel
from agront_data.variants.log_odds import log_odds_changes
from agront_data.variants.window_probabilities import window_probabilities


def positions_read(bases: UInt8[np.ndarray, "L"], k: int) -> Bool[np.ndarray, "L"]:
    """Tells which bases of a window are in a run of at least k A, C, G, T, so that a token can cover them."""
    is_read = np.zeros(bases.size, bool)
    for first, last in _runs(bases & BASE_BITS, k):
        is_read[first:last] = True
    return is_read


def _runs(codes: UInt8[np.ndarray, "L"], k: int) -> list[tuple[int, int]]:
    return [(first, last) for first, last in find_runs(codes < N).tolist() if last - first >= k]


def dependency_rows(
    bases: UInt8[np.ndarray, "L"], start: int, end: int, tokenizer: KmerTokenizer, model: BaseModel
) -> Float32[np.ndarray, "rows L"]:
    """Computes some rows of the dependency map of a window.

    e[i, j] is the largest |log2 odds after − log2 odds before| of the four bases at j (`log_odds_changes`), over the
    three substitutions at i. Probabilities are those of `window_probabilities`, of the window as it is and with the
    substitution. The model reads 6k rows a position, and 2k of the window as it is in each call of this function.

    Args:
        bases: Codes of the window, with or without the soft-mask bit. The model's context must hold ⌊L / k⌋ tokens
            after `<cls>`.
        start: The first position i to compute, counted within the window.
        end: The position behind the last one.
        tokenizer: The model's.
        model: Gives probabilities of bases; called once.

    Returns:
        The rows i of the map. e[i, i] is 0. Rows and columns of what the model does not read (`positions_read`) are
        NaN. Between runs that N parts, it is 0.
    """
    codes, k = bases & BASE_BITS, tokenizer.vocabulary.k
    asked = [(first, last, range(max(first, start), min(last, end))) for first, last in _runs(codes, k)]
    windows = []
    for first, last, positions in asked:
        if positions:
            windows.append(codes[first:last])
        for position in positions:
            windows += _substituted(codes[first:last], position - first)
    found = iter(window_probabilities(windows, tokenizer, model))
    rows = np.full((end - start, codes.size), np.nan, np.float32)
    is_read = positions_read(codes, k)
    for first, last, positions in asked:
        if positions:
            before = next(found)
        for position in positions:
            after = np.stack([next(found) for _ in range(3)])
            row = rows[position - start]
            row[is_read] = 0
            row[first:last] = log_odds_changes(before, after).max(axis=0) / np.log(2)
            row[position] = 0
    return rows


def _substituted(bases: UInt8[np.ndarray, "L"], position: int) -> list[UInt8[np.ndarray, "L"]]:
    """Returns copies with each of the three other bases at a position."""
    copies = []
    for code in range(N):
        if code != bases[position]:
            copy = bases.copy()
            copy[position] = code
            copies.append(copy)
    return copies
