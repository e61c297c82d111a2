"""Runs: stretches of known bases between the breaks (N, `<mask>`, the end of a row) that restart the k-mer frame."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from agront_tokenizer.base_alphabet import MASK_CODE, N_CODE, NO_BASE


class Runs(NamedTuple):
    """R runs of known bases, in reading order, each with the break that ends it; a run may have no bases."""

    row: Int64[np.ndarray, "R"]
    """The row of `codes` it lies in."""
    start: Int64[np.ndarray, "R"]
    """Its first base's column in `codes`."""
    kmers: Int64[np.ndarray, "R"]
    """Number of k-mers in it."""
    tokens: Int64[np.ndarray, "R"]
    """Number of tokens: k-mers, the letters that are left, and the N or `<mask>` after it, if that is what ends it."""
    column: Int64[np.ndarray, "R"]
    """Column of its first token; `<cls>` has column 0."""


class RunTokens(NamedTuple):
    """T tokens, in reading order."""

    row: Int64[np.ndarray, "T"]
    """The row of `codes` it lies in."""
    start: Int64[np.ndarray, "T"]
    """Its first base's column in `codes`."""
    is_kmer: Bool[np.ndarray, "T"]
    """Whether it is a k-mer rather than a single letter, N or `<mask>`."""
    column: Int64[np.ndarray, "T"]
    """Its own column; `<cls>` has column 0."""


def row_lengths(codes: UInt8[np.ndarray, "B W"], highest: UInt8[np.ndarray, "B"]) -> Int64[np.ndarray, "B"]:
    """Number of bases in each row.

    Args:
        codes: base codes, `NO_BASE` at the right end only.
        highest: the highest code of each row.

    Raises:
        ValueError: if a base follows a `NO_BASE`.
    """
    rows, width = codes.shape
    lengths = np.full(rows, width, dtype=np.int64)
    short = np.flatnonzero(highest >= NO_BASE)
    if short.size:
        missing = codes[short] == NO_BASE
        lengths[short] -= np.count_nonzero(missing, axis=1)
        first_missing = np.where(missing.any(axis=1), missing.argmax(axis=1), width)
        wrong = np.flatnonzero(first_missing != lengths[short])
        if wrong.size:
            row, column = short[wrong[0]], first_missing[wrong[0]]
            raise ValueError(
                f"row {row}, column {column}: code {NO_BASE} (no base) has a base to its right; "
                f"it may only fill the right end of a row: write {N_CODE} (N) for an unknown base"
            )
    return lengths


def find_runs(
    codes: UInt8[np.ndarray, "B W"], lengths: Int64[np.ndarray, "B"], k: int
) -> tuple[Runs, Int64[np.ndarray, "B"]]:
    """Cuts rows into runs.

    Args:
        codes: base codes.
        lengths: number of bases in each row.
        k: bases in a k-mer.

    Returns:
        The runs, and the number of tokens in each row, `<cls>` included.
    """
    rows, width = codes.shape
    is_break = np.zeros((rows, width + 1), dtype=bool)
    np.equal(codes, N_CODE, out=is_break[:, :width])
    is_break[:, :width] |= codes == MASK_CODE
    is_break[np.arange(rows), lengths] = True
    row, end = np.nonzero(is_break)

    start = np.zeros_like(end)
    start[1:] = np.where(row[1:] == row[:-1], end[:-1] + 1, 0)
    ends_row = end == lengths[row]
    kmers, letters = np.divmod(end - start, k)
    tokens = kmers + letters + ~ends_row

    tokens_so_far = np.cumsum(tokens)
    row_ends = tokens_so_far[ends_row]
    counts = np.diff(row_ends, prepend=0)
    column = 1 + tokens_so_far - tokens - (row_ends - counts)[row]
    return Runs(row, start, kmers, tokens, column), 1 + counts


def tokens_of_runs(runs: Runs, k: int, length: int) -> RunTokens:
    """Lists the tokens of runs, as far as they lie left of column `length`.

    Args:
        runs: the runs.
        k: bases in a k-mer.
        length: tokens a row may have, `<cls>` included.
    """
    kept = np.clip(length - runs.column, 0, runs.tokens)
    run = np.repeat(np.arange(kept.size), kept)
    index = np.arange(run.size) - np.repeat(np.cumsum(kept) - kept, kept)
    kmers = runs.kmers[run]
    # Every k-mer before this token moves it k bases to the right, every letter one.
    start = runs.start[run] + index + (k - 1) * np.minimum(index, kmers)
    return RunTokens(runs.row[run], start, index < kmers, runs.column[run] + index)
