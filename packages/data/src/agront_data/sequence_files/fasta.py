"""FASTA files, streamed and checked: every error names the file and the record, and nothing but DNA passes.

Sequence is taken in blocks, not in records, so that a chromosome of 800 Mb, on one line or on ten million, costs no
more memory than a plasmid.
"""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from agront_tokenizer import letter_remedy
from jaxtyping import UInt8

from agront_data.bases import IUPAC_LETTERS, encode_sequence
from agront_data.sequence_files.fasta_lines import read_lines
from agront_data.sequence_files.other_formats import format_of_places, other_format

_OTHER_FORMATS = {
    b"@": "FASTQ, not FASTA; convert it (seqkit fq2fa, seqtk seq -a)",
    b"LOCUS ": "GenBank, not FASTA; convert it (seqret, any2fasta)",
    b"ID   ": "EMBL, not FASTA; convert it (seqret, any2fasta)",
    b"\x43\x27\x41\x1a": "2bit, not FASTA; convert it: twoBitToFa OLD.2bit NEW.fa",
    b"\x1a\x41\x27\x43": "2bit, not FASTA; convert it: twoBitToFa OLD.2bit NEW.fa",
    b"BAM\x01": "BAM, not FASTA; convert it: samtools fasta",
}


class NotFastaError(ValueError):
    """A file does not begin as a FASTA file does."""


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


class FastaBlock(NamedTuple):
    """A piece of one record's sequence; the blocks of a record come one after another.

    Attributes:
        name: First word of the record's header.
        start: Place of the first base in the record, from 0; a block with 0 begins a record.
        codes: One code a base (see `agront_data.bases`), at least one.
    """

    name: str
    start: int
    codes: UInt8[np.ndarray, "W"]


class _Letters(NamedTuple):
    record: int
    header: str
    start: int
    letters: bytes


def read_fasta(path: str | os.PathLike[str]) -> Iterator[FastaRecord]:
    """Yields the records of a FASTA file one by one, holding one record in memory at a time.

    Plain, gzip, bgzip, bzip2, xz and zstd files are told apart by their ending or first bytes. Windows line ends, blank
    lines, lower case, lines of any length and a missing newline at the end are all right, and so are lines that start
    with `#` before the first record, byte-order marks, and headers with words in Latin-1 after the name. The file is
    opened once: it may be a pipe.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: There is no such file (raised at the call, before the first record is asked for).
        ValueError: The file is empty, truncated, not compressed as its ending says, or not FASTA; or a record has no
            name, no sequence, or a letter that is no IUPAC DNA letter. The message names file, record and remedy.

    Warns:
        InputWarning: A bgzip file lacks the block that marks its end.
    """
    path = _check_path(path)
    return _records(path)


def read_fasta_blocks(path: str | os.PathLike[str], source: BinaryIO | None = None) -> Iterator[FastaBlock]:
    """Yields the sequence of a FASTA file in blocks of at most 262,144 bases: no record is ever held whole.

    Args:
        path: The file.
        source: The same file, opened, for a caller that wants to see how far it has been read.

    Raises:
        FileNotFoundError: As `read_fasta`.
        ValueError: As `read_fasta`.
    """
    path = _check_path(path)
    return (
        FastaBlock(piece.header.split(maxsplit=1)[0], piece.start, _encode(path, piece))
        for piece in _letters(path, source)
    )


def _check_path(path: str | os.PathLike[str]) -> Path:
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file; check the path")
    if path.is_dir():
        raise ValueError(f"{path}: is a folder; name the FASTA files in it")
    return path


def _records(path: Path) -> Iterator[FastaRecord]:
    for (_, header), pieces in itertools.groupby(_letters(path, None), key=lambda piece: piece[:2]):
        sequence = bytearray()
        for piece in pieces:
            _encode(path, piece)  # for its check
            sequence += piece.letters
        name, description = (*header.split(maxsplit=1), "")[:2]
        yield FastaRecord(name, description.strip(), sequence.decode("ascii"))


def _letters(path: Path, source: BinaryIO | None) -> Iterator[_Letters]:
    """Yields the file's letters without line ends, and checks that each record has a name and a letter."""
    record, header, start = 0, "", 0
    for is_header, text in read_lines(path, source):
        if not is_header and record:
            if text:
                yield _Letters(record, header, start, text)
                start += len(text)
        elif is_header:
            _check_not_empty(path, record, header, start)
            record, start = record + 1, 0
            header = _header(path, record, text)
            if not header:
                raise ValueError(f"{path}: record {record} has no name; write one word after its '>'")
        else:
            _check_preamble(path, text)
    if not record:
        raise ValueError(f"{path}: holds no FASTA record (the file is empty); fetch it again")
    _check_not_empty(path, record, header, start)


def _header(path: Path, record: int, text: bytes) -> str:
    """Decodes a header. Only its first word counts, so the rest may be in Latin-1, in which every byte is a letter."""
    try:
        return text.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        if text.split(maxsplit=1)[0].isascii():
            return text.decode("latin-1").strip()
        raise ValueError(
            f"{path}: the name in the header of record {record} is not text in UTF-8 ({error.reason}); convert the "
            "file, for example from Latin-1: iconv -f LATIN1 -t UTF-8 OLD > NEW"
        ) from error


def _check_preamble(path: Path, line: bytes) -> None:
    sequences = next((what for beginning, what in _OTHER_FORMATS.items() if line.startswith(beginning)), None)
    if what := sequences or other_format(line):
        raise ValueError(f"{path}: is {what}")
    if places := format_of_places(line.decode("latin-1").strip().split("\t")):
        raise NotFastaError(
            f"{path}: is not FASTA, but looks like {places}, which names places of a genome; give the FASTA file of "
            "that genome"
        )
    if line.strip() and not line.startswith(b"#"):
        raise NotFastaError(
            f"{path}: is not FASTA: it begins with {line[:40]!r}. A record is a line that starts with '>' and its "
            "name, then lines of letters"
        )


def _check_not_empty(path: Path, record: int, header: str, length: int) -> None:
    if record and not length:
        name = header.split(maxsplit=1)[0]
        if "\r" in header:
            raise ValueError(
                f"{path}: its lines end in CR alone (old Macintosh text); write them with LF: tr '\\r' '\\n'"
            )
        raise ValueError(f"{path}: record {record} ({name!r}) has no sequence; remove it or fetch the file again")


def _encode(path: Path, piece: _Letters) -> UInt8[np.ndarray, "W"]:
    try:
        return encode_sequence(piece.letters)
    except ValueError as error:
        byte = piece.letters.translate(None, IUPAC_LETTERS + IUPAC_LETTERS.lower())[0]
        shown = repr(chr(byte)) if byte < 128 else f"the byte {byte:#x}"
        name, position = piece.header.split(maxsplit=1)[0], piece.start + piece.letters.index(byte)
        raise ValueError(
            f"{path}: record {piece.record} ({name!r}) has {shown} at position {position} (0-based), "
            f"which is no DNA letter; {letter_remedy(chr(byte), piece.letters.decode('latin-1'))}"
        ) from error
