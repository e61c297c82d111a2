"""FASTA records, streamed and checked.

dnaio parses and xopen decompresses; this module adds what both leave to the caller: every error names the file and the
record, and nothing but DNA passes.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import dnaio
from xopen import xopen

from agront_data.bases import IUPAC_LETTERS

_LETTERS = IUPAC_LETTERS + IUPAC_LETTERS.lower()
_CHECKED_AT_ONCE = 1 << 24


class FastaRecord(NamedTuple):
    """One record of a FASTA file.

    Attributes:
        name: First word of the header.
        description: The rest of the header, possibly empty.
        sequence: IUPAC DNA letters in the file's own case (lower case = soft-masked).
    """

    name: str
    description: str
    sequence: str


def read_fasta(path: str | os.PathLike[str]) -> Iterator[FastaRecord]:
    """Yields the records of a FASTA file one by one, holding one record in memory at a time.

    Plain, gzip, bgzip, bzip2, xz and zstd files are told apart by their ending or first bytes. Windows line ends, blank
    lines, lower case and a missing newline at the end are all right; lines that start with `#` are skipped.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: There is no such file (raised at the call, before the first record is asked for).
        ValueError: The file is empty, truncated, not compressed as its ending says, or not FASTA; or a record has no
            name, no sequence, or a letter that is no IUPAC DNA letter. The message names file, record and remedy.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file; check the path")
    if path.is_dir():
        raise ValueError(f"{path}: is a folder; name the FASTA files in it")
    return _checked_records(path)


def _checked_records(path: Path) -> Iterator[FastaRecord]:
    number = 0
    for number, (header, sequence) in enumerate(_parsed_records(path), start=1):
        words = header.split(maxsplit=1)
        if not words:
            raise ValueError(f"{path}: record {number} has no name; write one word after its '>'")
        name, description = words[0], words[1].strip() if len(words) > 1 else ""
        if not sequence:
            raise ValueError(f"{path}: record {number} ({name!r}) has no sequence; remove it or fetch the file again")
        _check_letters(path, number, name, sequence)
        yield FastaRecord(name, description, sequence)
    if not number:
        raise ValueError(f"{path}: holds no FASTA record (the file is empty); fetch it again")


def _parsed_records(path: Path) -> Iterator[tuple[str, str]]:
    number = 0
    try:
        with xopen(path, "rb") as file, dnaio.FastaReader(file) as reader:
            for record in reader:
                number += 1
                yield record.name, record.sequence
    except dnaio.FastaFormatError as error:
        if "got '@" in error.message:
            raise ValueError(f"{path}: is FASTQ, not FASTA; convert it (seqkit fq2fa, seqtk seq -a)") from error
        raise ValueError(
            f"{path}: is not FASTA, after record {number}: {error} A record is a line that starts with '>' and its "
            "name, then lines of letters"
        ) from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: is not text, after record {number}; FASTA is ASCII letters ({error})") from error
    except PermissionError as error:
        raise ValueError(f"{path}: may not be read; check its permissions") from error
    except Exception as error:  # every compression library raises classes of its own
        raise ValueError(
            f"{path}: cannot be read beyond record {number}: it is truncated, damaged or not of the kind its "
            f"ending says; fetch it again ({type(error).__name__}: {error})"
        ) from error


def _check_letters(path: Path, number: int, name: str, sequence: str) -> None:
    for start in range(0, len(sequence), _CHECKED_AT_ONCE):
        others = sequence[start : start + _CHECKED_AT_ONCE].encode("ascii").translate(None, _LETTERS)
        if others:
            letter = chr(others[0])
            raise ValueError(
                f"{path}: record {number} ({name!r}) has {letter!r} at position {sequence.index(letter)} (0-based), "
                f"which is no DNA letter; {_remedy(letter)}"
            )


def _remedy(letter: str) -> str:
    if letter in "Uu":
        return "if this is RNA, write T for U"
    if letter in "-.":
        return "if this is an alignment, remove its gaps"
    if letter.isspace():
        return "remove the blanks inside its lines"
    if letter.isalpha() or letter == "*":
        return "this looks like protein: give the genome's DNA"
    return f"allowed are {IUPAC_LETTERS.decode()}, in either case"
