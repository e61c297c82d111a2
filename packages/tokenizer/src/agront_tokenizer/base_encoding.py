"""Base codes to token ids, a whole batch at once.

Almost every row of a plant genome is free of N, and there the k-mers lie side by side: k strided views of the codes,
combined as base-4 digits, are the ids. Rows with N are then written anew from their runs. No loop is over rows.
"""

import numpy as np
from jaxtyping import Int64, UInt8, UInt16

from agront_tokenizer.base_alphabet import N_CODE, NO_BASE
from agront_tokenizer.runs import find_runs, row_lengths, tokens_of_runs
from agront_tokenizer.vocabulary import Vocabulary

# The codes of a block and the numbers made of them then stay in a core's L2 cache.
_BASES_PER_BLOCK = 1 << 18


def check_bases(bases: UInt8[np.ndarray, "B W"]) -> None:
    """Refuses an array of base codes that `encode_codes` cannot read.

    Raises:
        ValueError: another shape, dtype or code; the message has row and column.
    """
    if not isinstance(bases, np.ndarray) or bases.dtype != np.uint8 or bases.ndim != 2:
        found = f"{bases.dtype}{list(bases.shape)}" if isinstance(bases, np.ndarray) else type(bases).__name__
        raise ValueError(f"bases must be a NumPy array uint8[B, W], not {found}")
    if bases.max(initial=0) > NO_BASE:
        row, column = np.argwhere(bases > NO_BASE)[0]
        raise ValueError(
            f"row {row}, column {column}: code {bases[row, column]} is no base code: 0-3 are A, T, C, G, {N_CODE} "
            f"is N, {NO_BASE} is no base; strip flags such as the soft-mask bit first"
        )


def encode_codes(
    codes: UInt8[np.ndarray, "B W"], vocabulary: Vocabulary, length: int | None = None
) -> tuple[UInt16[np.ndarray, "B length"], Int64[np.ndarray, "B"]]:
    """Turns base codes into token ids.

    Args:
        codes: 0–3 = A, T, C, G; 4 = N; 5 = no base, at the right end only; 6 = `<mask>`. Others are not looked for.
        vocabulary: the ids.
        length: columns of the result; None for the longest row. Longer rows are cut at the right.

    Returns:
        The ids, `<cls>` first, padded at the right; and each row's number of tokens, `<cls>` included, before the cut.

    Raises:
        ValueError: if a base follows a 5.
    """
    rows, width = codes.shape
    k = vocabulary.k
    highest = codes.max(axis=1, initial=0)
    lengths = row_lengths(codes, highest)
    broken = np.flatnonzero(highest >= N_CODE)
    unbroken_count = 1 + width // k + width % k
    counts = np.full(rows, unbroken_count, dtype=np.int64)
    columns = length if length is not None else width + 1 if broken.size else unbroken_count

    ids = np.empty((rows, columns), dtype=np.uint16)
    ids[:, 0] = vocabulary.cls_id
    for block in _blocks(np.arange(rows), width):
        # A slice, not the indices: indexing would copy.
        here = slice(block[0], block[-1] + 1)
        _encode_unbroken(codes[here], vocabulary, ids[here])
    ids[broken, 1:] = vocabulary.pad_id
    for block in _blocks(broken, width):
        counts[block] = _encode_broken(codes[block], lengths[block], vocabulary, block, ids)
    if length is None:
        ids = np.ascontiguousarray(ids[:, : counts.max(initial=1)])
    return ids, counts


def _blocks(rows: Int64[np.ndarray, "B"], width: int) -> list[Int64[np.ndarray, "_"]]:
    step = max(1, _BASES_PER_BLOCK // max(1, width))
    return [rows[first : first + step] for first in range(0, rows.size, step)]


def _kmer_ids(codes: UInt8[np.ndarray, "B W"], vocabulary: Vocabulary, step: int) -> UInt16[np.ndarray, "B K"]:
    """Ids of the k-mers that start at every `step`-th base; meaningless where one contains another code than 0–3."""
    starts = max(0, codes.shape[1] - vocabulary.k + 1)
    ids = codes[:, 0:starts:step].astype(np.uint16)
    for digit in range(1, vocabulary.k):
        # Multiplication, because NumPy has vector instructions for it and none for shifts.
        ids *= np.uint16(4)
        ids += codes[:, digit : starts + digit : step]
    ids += np.uint16(vocabulary.kmer_ids.start)
    return ids


def _encode_unbroken(codes: UInt8[np.ndarray, "B W"], vocabulary: Vocabulary, ids: UInt16[np.ndarray, "B T"]) -> None:
    """Writes `ids` from column 1 on as if all codes were A, T, C, G."""
    k = vocabulary.k
    kmers = min(codes.shape[1] // k, ids.shape[1] - 1)
    ids[:, 1 : 1 + kmers] = _kmer_ids(codes[:, : kmers * k], vocabulary, step=k)
    letters = codes[:, kmers * k :][:, : ids.shape[1] - 1 - kmers]
    ids[:, 1 + kmers : 1 + kmers + letters.shape[1]] = letters + np.uint16(vocabulary.kmer_ids.stop)
    ids[:, 1 + kmers + letters.shape[1] :] = vocabulary.pad_id


def _encode_broken(
    codes: UInt8[np.ndarray, "R W"],
    lengths: Int64[np.ndarray, "R"],
    vocabulary: Vocabulary,
    rows: Int64[np.ndarray, "R"],
    ids: UInt16[np.ndarray, "B T"],
) -> Int64[np.ndarray, "R"]:
    """Writes the tokens of `codes` into `ids[rows]`, which hold padding; returns each one's number of tokens, uncut."""
    runs, counts = find_runs(codes, lengths, vocabulary.k)
    tokens = tokens_of_runs(runs, vocabulary.k, ids.shape[1])
    letters = range(vocabulary.kmer_ids.stop, vocabulary.size)
    id_of_code = np.array([*letters, vocabulary.pad_id, vocabulary.mask_id], dtype=np.uint16)
    found = id_of_code[codes[tokens.row, tokens.start]]
    kmer = np.flatnonzero(tokens.is_kmer)
    found[kmer] = _kmer_ids(codes, vocabulary, step=1)[tokens.row[kmer], tokens.start[kmer]]
    ids[rows[tokens.row], tokens.column] = found
    return counts
