"""BCF files with more INFO: from BCF record by record, so that numbers stay exact; from VCF by htslib's conversion."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import pysam

from agront_data.variant_files.annotations import with_annotations
from agront_data.variant_files.bcf_bytes import (
    pack_block,
    pack_header,
    read_bcf_header,
    read_blocks,
    with_header_lines,
    with_info_entries,
)
from agront_data.variant_files.bcf_numbers import check_numbers
from agront_data.variant_files.bgzip_file import new_bgzip_file
from agront_data.variant_files.info_field import InfoField
from agront_data.variant_files.record_order import RecordOrder
from agront_data.variant_files.text_lines import split_line_end
from agront_data.variant_files.vcf_header import VcfHeader
from agront_data.variant_files.vcf_lines import read_vcf_lines
from agront_data.variants import VariantRecord

_PROGRAM = Path(__file__).with_name("bcf_conversion.py")
_MOST_NOISE = 1 << 16
# Of declarations that differ from those in the specification, which are kept as they are.
_HARMLESS = ("bcf_hdr_check_sanity",)


def write_bcf_from_bcf(
    whole: Path,
    path: Path,
    fields: Sequence[InfoField],
    header_lines: Sequence[str],
    annotations: Iterator[Mapping[str, str]],
) -> RecordOrder:
    """Writes the records of a BCF file with more INFO.

    Args:
        whole: The file to write.
        path: The file to read.
        fields: The INFO fields that `annotations` have.
        header_lines: More lines of the header.
        annotations: INFO entries of each record, values by key.

    Raises:
        ValueError: The file is damaged, has another number of records than there are annotations, or a value is not of
            its field's type.
        OSError: It cannot be written.
    """
    order, types = RecordOrder(), {field.id: field for field in fields}
    _, lines = read_vcf_lines(path, "bcf")
    with _opened_bytes(path) as source, new_bgzip_file(whole) as target:
        magic, text = read_bcf_header(source)
        text, keys = with_header_lines(text, fields, header_lines)
        target.write(pack_header(magic, text))
        records = _side_by_side(path, lines, read_blocks(source))
        for (record, (shared, individual)), entries in with_annotations(records, annotations, path):
            order.add(record)
            if entries:
                try:
                    shared = with_info_entries(shared, entries, types, keys)
                except ValueError as error:
                    raise ValueError(f"{record.source}: INFO cannot be added to: {error}") from error
            target.write(pack_block(shared, individual))
    return order


def _opened_bytes(path: Path) -> pysam.BGZFile:
    return pysam.BGZFile(str(path.absolute()), "rb", None)


def _side_by_side(
    path: Path, lines: Iterator[tuple[bytes, VariantRecord | None]], blocks: Iterator[tuple[bytes, bytes]]
) -> Iterator[tuple[VariantRecord, tuple[bytes, bytes]]]:
    """Yields each record as htslib reads it, and its bytes."""
    try:
        for (_, record), block in zip(lines, blocks, strict=True):
            if record is not None:  # as in BCF always
                yield record, block
    except (OSError, EOFError) as error:
        raise ValueError(f"{path}: cannot be read: {error}; fetch the file again") from error


def write_bcf_from_vcf(
    whole: Path, path: Path, header: VcfHeader, lines: Iterator[tuple[bytes, VariantRecord | None]]
) -> RecordOrder:
    """Writes the text of a VCF file as BCF; blank lines are left out.

    Args:
        whole: The file to write.
        path: The file that the text is of, for messages.
        header: Its header as it was.
        lines: The header's and the records', with line ends, and the records that they are.

    Raises:
        ValueError: BCF cannot hold a record, such as one of a contig that the header does not declare.
        OSError: The file cannot be written.
    """
    order = RecordOrder()
    with tempfile.TemporaryFile() as noise:
        command = [sys.executable, "-P", str(_PROGRAM), os.fspath(whole.absolute())]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=noise, stderr=noise) as program:
            assert program.stdin is not None
            try:
                with contextlib.suppress(BrokenPipeError):  # the program has ended: what it said is read below
                    _feed(program.stdin, lines, header, order)
            except BaseException:
                program.kill()
                raise
            finally:
                with contextlib.suppress(BrokenPipeError):
                    program.stdin.close()
        said = _text(noise)
    complaints = [line for line in said.splitlines() if line and not any(name in line for name in _HARMLESS)]
    if complaints and not _cannot_write(complaints):
        raise ValueError(
            f"{path}: cannot be written as BCF: htslib says: {complaints[0]}. Declare contigs, filters and fields in "
            "its header (bcftools reheader), or name a .vcf or .vcf.gz output"
        )
    if complaints or program.returncode:
        raise OSError(f"{whole} cannot be written: {complaints[0] if complaints else 'htslib ended early'}; make room")
    return order


def _feed(
    pipe: IO[bytes], lines: Iterator[tuple[bytes, VariantRecord | None]], header: VcfHeader, order: RecordOrder
) -> None:
    for line, record in lines:
        content, _ = split_line_end(line)
        if record is not None:
            check_numbers(record, header.info_types)
            order.add(record)
        if content.strip(b" "):
            pipe.write(content + b"\n")


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_MOST_NOISE).decode("utf-8", "backslashreplace")


def _cannot_write(complaints: Sequence[str]) -> bool:
    return any("File write failed" in line or "Closing failed" in line for line in complaints)
