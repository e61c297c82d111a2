"""BCF files through pysam: their records, and the same as lines of VCF."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pysam

from agront_data.variant_files.htslib_noise import quiet_htslib

MAGIC = b"BCF\x02"
"""What a BCF file begins with, when it is decompressed."""

# The empty block that bgzip writes last (SAM specification, section 4.1.2).
_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_GZIP = b"\x1f\x8b"


def check_bcf_is_whole(path: Path) -> None:
    """Refuses a compressed BCF file without the empty block at its end, since records may be missing behind the last.

    Raises:
        ValueError: It has none.
    """
    with path.open("rb") as file:
        compressed = file.read(2) == _GZIP
        if compressed:
            file.seek(-min(len(_END), path.stat().st_size), 2)
        if compressed and file.read() != _END:
            raise ValueError(
                f"{path}: ends without the empty block that bgzip writes last: it is cut off; fetch it again. If it "
                "was compressed by another program, write it anew: bcftools view -Ob -o NEW OLD"
            )


def open_bcf(path: Path) -> pysam.VariantFile:
    """Opens a BCF file.

    Raises:
        ValueError: It is cut off, damaged or of another kind.
    """
    check_bcf_is_whole(path)
    try:
        with quiet_htslib():
            return pysam.VariantFile(str(path.absolute()))
    except Exception as error:  # of many classes
        raise ValueError(_unreadable(f"{path}", error)) from error


def _bcf_records(path: Path, file: pysam.VariantFile) -> Iterator[pysam.VariantRecord]:
    """Yields the records of an open BCF file.

    Raises:
        ValueError: One cannot be read; the message names it.
    """
    for number in itertools.count(1):
        try:
            with quiet_htslib():
                record = next(file, None)
        except Exception as error:  # of many classes
            raise ValueError(_unreadable(f"{path}: record {number}", error)) from error
        if record is None:
            return
        yield record


def read_bcf_lines(path: Path) -> Iterator[bytes]:
    """Yields a BCF file as lines of VCF, with line ends: those of its header, then one for each record.

    Raises:
        ValueError: As `open_bcf`; or a record cannot be read.
    """
    with open_bcf(path) as file:
        with quiet_htslib():
            header = str(file.header).encode("utf-8", "surrogateescape")
        yield from (line + b"\n" for line in header.split(b"\n") if line)
        for number, record in enumerate(_bcf_records(path, file), 1):
            yield _line_of(record, f"{path}: record {number}")


def check_num_records(path: Path, expected: int) -> None:
    """Reads a BCF file that was written, and counts.

    Raises:
        OSError: It cannot be read, or has another number of records.
    """
    try:
        with open_bcf(path) as file:
            found = sum(1 for _ in _bcf_records(path, file))
    except ValueError as error:
        raise OSError(f"{path} was not written whole; make room, or look at the disk ({error})") from error
    if found != expected:
        raise OSError(f"{path} was not written whole: it has {found:,} records of {expected:,}; look at the disk")


def _line_of(record: pysam.VariantRecord, source: str) -> bytes:
    try:
        with quiet_htslib():
            line = str(record).encode("utf-8", "surrogateescape")
    except Exception as error:  # of many classes
        raise ValueError(_unreadable(source, error)) from error
    if b"\n" in line[:-1]:
        raise ValueError(f"{source}: holds a line end in one of its texts, which VCF cannot; write the file anew")
    return line


def _unreadable(source: str, error: Exception) -> str:
    return (
        f"{source}: cannot be read as BCF: the file is damaged, or was compressed by another program than bgzip; fetch "
        f"it again, or write it anew: bcftools view -Ob -o NEW OLD ({type(error).__name__}: {error})"
    )
