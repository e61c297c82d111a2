"""Letters to base codes: what a character of a DNA string means."""

import re

import numpy as np
from jaxtyping import UInt8

from agront_tokenizer.letter_remedies import letter_remedy

BASE_LETTERS = "ATCG"
"""The bases in the order of their codes, 0 to 3: the published vocabulary's order, which is not alphabetical."""

N_CODE = 4
"""Any base: N, and the other IUPAC ambiguity letters, which AgroNT's model card turns into N."""

NO_BASE = 5
"""To the right of a row's last base."""

MASK_CODE = 6
"""A literal `<mask>` in a string; never part of stored bases."""

_AMBIGUOUS = "NRYSWKMBDHV"
_ILLEGAL = 0xFF
# Not an ASCII byte, so no character of a string can be taken for it.
_MASK_BYTE = b"\x80"


def _make_code_table() -> UInt8[np.ndarray, "256"]:
    table = np.full(256, _ILLEGAL, dtype=np.uint8)
    for letters, codes in ((BASE_LETTERS, range(4)), (_AMBIGUOUS, [N_CODE] * len(_AMBIGUOUS))):
        for letter, code in zip(letters, codes, strict=True):
            table[ord(letter)] = table[ord(letter.lower())] = code
    table[_MASK_BYTE[0]] = MASK_CODE
    return table


_CODE_OF_BYTE = _make_code_table()
# Possessive, so that a long sequence leaves no trail of states to return to.
_LEGAL_START = re.compile(rf"(?:[{BASE_LETTERS}{_AMBIGUOUS}]++|(?-i:<mask>))*+", re.IGNORECASE | re.ASCII)


def codes_from_text(sequence: str) -> UInt8[np.ndarray, "W"]:
    """Turns a DNA string into one code per base.

    Args:
        sequence: DNA in either case: A, T, C, G; N and RYSWKMBDHV, all read as N; and literal `<mask>`.

    Returns:
        One code for each base (0–3 = A, T, C, G; 4 = N) or `<mask>` (6).

    Raises:
        ValueError: for any other character. The message has the character, its position, and what to do.
    """
    if not isinstance(sequence, str):
        raise ValueError(f"a sequence must be a str, not {type(sequence).__name__}: decode bytes with .decode('ascii')")
    try:
        text = sequence.encode("ascii")
    except UnicodeEncodeError:
        raise _illegal_character(sequence) from None
    if b"<" in text:
        text = text.replace(b"<mask>", _MASK_BYTE)
    codes = np.take(_CODE_OF_BYTE, np.frombuffer(text, dtype=np.uint8))
    if codes.max(initial=0) == _ILLEGAL:
        raise _illegal_character(sequence)
    return codes


def _illegal_character(sequence: str) -> ValueError:
    legal = _LEGAL_START.match(sequence)
    position = legal.end() if legal else 0
    character = sequence[position]
    remedy = letter_remedy(character, sequence)
    return ValueError(f"character {character!r} at position {position} (0-based) is not DNA: {remedy}")
