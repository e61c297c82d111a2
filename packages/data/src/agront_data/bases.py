"""One code per base: how DNA letters stand in the genome store and in windows.

| code | meaning |
|---|---|
| 0, 1, 2, 3 | A, T, C, G (the letter order of AgroNT's vocabulary) |
| 4 | N, and every other IUPAC letter (the model card's cleaning rule) |
| 5 | no base: fills a window at its right end, never stored |
| + 8 | the letter was lower case (soft-masked repeat) |
"""

import numpy as np
from agront_tokenizer import letter_remedy
from jaxtyping import UInt8

A, T, C, G, N = range(5)
NO_BASE = 5
SOFT_MASKED = 8
BASE_BITS = 7
"""`codes & BASE_BITS` strips the soft-mask."""

_LETTERS = np.frombuffer(b"ATCGN---atcgn---", np.uint8)  # by code
IUPAC_LETTERS = b"ATCGNRYSWKMBDHV"
_NOT_A_BASE = 255


def _code_table() -> bytes:
    table = bytearray([_NOT_A_BASE] * 256)
    for position, letter in enumerate(IUPAC_LETTERS):
        table[letter] = min(position, N)
        table[letter | 0x20] = min(position, N) | SOFT_MASKED
    return bytes(table)


_CODE_OF_LETTER = _code_table()


def encode_sequence(sequence: str | bytes) -> UInt8[np.ndarray, "W"]:
    """Returns the code of each letter; lower case sets the soft-mask bit.

    Args:
        sequence: DNA in IUPAC letters, either case.

    Returns:
        A read-only array of codes 0–4, plus 8 where soft-masked.

    Raises:
        ValueError: A letter is no IUPAC DNA letter; the message names it, its 0-based position and what to do.
    """
    letters = sequence.encode("utf-8") if isinstance(sequence, str) else sequence
    codes = np.frombuffer(letters.translate(_CODE_OF_LETTER), dtype=np.uint8)
    if codes.size and codes.max() == _NOT_A_BASE:
        position = int(np.argmax(codes == _NOT_A_BASE))
        letter = sequence[position] if isinstance(sequence, str) else chr(sequence[position])
        remedy = letter_remedy(letter, letters.decode("latin-1"))
        raise ValueError(f"{letter!r} at position {position} (0-based) is no DNA letter: {remedy}")
    return codes


def decode_bases(codes: UInt8[np.ndarray, "W"]) -> str:
    """Returns the letters of codes 0–4: A, T, C, G, N, in lower case where soft-masked."""
    return _LETTERS[codes].tobytes().decode("ascii")


def reverse_complement(bases: UInt8[np.ndarray, "... W"]) -> UInt8[np.ndarray, "... W"]:
    """Returns the other strand of each window, read in its own direction.

    A pairs with T and C with G; N stays N; the soft-mask goes with its base. What is missing at the right end
    (code 5) stays at the right end, so a short window remains left-aligned.

    Args:
        bases: Codes 0–5 (5 at the right end only), with or without the soft-mask bit.
    """
    # A and T, C and G differ in the lowest bit alone; codes from 4 up have no partner and keep theirs.
    has_partner = (bases >> 2 & 1) ^ 1
    flipped = np.ascontiguousarray((bases ^ has_partner)[..., ::-1])
    if not flipped.size:
        return flipped
    width = flipped.shape[-1]
    rows = flipped.reshape(-1, width)
    short = np.flatnonzero(rows[:, 0] == NO_BASE)
    if short.size:
        missing = (rows[short] == NO_BASE).sum(axis=1, keepdims=True)
        rows[short] = np.take_along_axis(rows[short], (np.arange(width) + missing) % width, axis=1)
    return rows.reshape(bases.shape)
