"""Files that are given for FASTA or BED and are something else, told by their first line."""

import re
from collections.abc import Sequence
from typing import Literal

_DOCUMENT = "a document of an office program; save its text as plain text (.txt), and name that file"
_BEGINNINGS = {
    b"PK\x03\x04": f"a zip archive, to be unpacked (unzip), or {_DOCUMENT}",
    b"\xd0\xcf\x11\xe0": _DOCUMENT,
    b"{\\rtf": _DOCUMENT,
    b"%PDF": "PDF; name a plain-text file in its place",
    b"<": "a web page, not the file itself; fetch the file that it is about",
    b"version https://git-lfs": "a pointer of Git LFS, not the file itself; fetch that: git lfs pull",
}
_DIGITS = re.compile(r"[0-9]{1,18}")
_NUCLEOTIDES = re.compile(r"[ACGTN]+", re.IGNORECASE)


def other_format(line: bytes) -> str | None:
    """Returns what a file with such a first line is, and the remedy; None of a text of sequences or places."""
    return next((what for beginning, what in _BEGINNINGS.items() if line.startswith(beginning)), None)


def format_of_places(fields: Sequence[str]) -> Literal["GFF or GTF", "VCF", "BED"] | None:
    """Returns which format has such columns, each of which names places of a genome; None where no such one has."""
    whole = [_DIGITS.fullmatch(field) is not None for field in fields]
    if len(fields) >= 8 and whole[3] and whole[4]:
        return "GFF or GTF"
    if len(fields) >= 5 and whole[1] and _NUCLEOTIDES.fullmatch(fields[3]):
        return "VCF"
    return "BED" if len(fields) >= 3 and whole[1] and whole[2] else None
