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
from agront_data.variant_files.bcf_file import bcf_records, line_of, open_bcf
from agront_data.variant_files.bcf_numbers import check_numbers
from agront_data.variant_files.htslib_noise import quiet_htslib
from agront_data.variant_files.info_field import InfoField, header_line, typed_value
from agront_data.variant_files.record_order import RecordOrder
from agront_data.variant_files.text_lines import split_line_end
from agront_data.variant_files.variant_record import VariantRecord
from agront_data.variant_files.vcf_header import VcfHeader
from agront_data.variant_files.vcf_line import parse_vcf_line

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
        ValueError: The file is damaged, has another number of records than there are annotations, or htslib cannot add
            a value.
        OSError: It cannot be written.
    """
    types = {field.id: field for field in fields}
    order = RecordOrder()
    with open_bcf(path) as source:
        with quiet_htslib():
            for line in (*map(header_line, fields), *header_lines):
                source.header.add_line(line)
            num_columns = 8 + bool(source.header.samples) + len(source.header.samples)
            target = pysam.VariantFile(str(whole.absolute()), "wb", header=source.header)
        try:
            for record, entries in with_annotations(bcf_records(path, source), annotations, path):
                place = f"{path}: record {order.num_records + 1}"
                order.add(_parsed(record, place, num_columns))
                _add(record, place, types, entries)
                with quiet_htslib():
                    target.write(record)
        finally:
            with quiet_htslib():
                target.close()
    return order


def _parsed(record: pysam.VariantRecord, source: str, num_columns: int) -> VariantRecord:
    return parse_vcf_line(split_line_end(line_of(record, source))[0], source, num_columns)


def _add(record: pysam.VariantRecord, source: str, types: Mapping[str, InfoField], entries: Mapping[str, str]) -> None:
    for key, text in entries.items():
        try:
            with quiet_htslib():
                record.info[key] = typed_value(types[key], text)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{source}: INFO/{key} cannot become {text!r}: {error}") from error


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
    with tempfile.TemporaryFile() as noise, tempfile.TemporaryFile() as counted:
        command = [sys.executable, "-P", str(_PROGRAM), os.fspath(whole.absolute())]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=counted, stderr=noise) as program:
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
        said, num_written = _text(noise), _text(counted)
    complaints = [line for line in said.splitlines() if line and not any(name in line for name in _HARMLESS)]
    if complaints and not _cannot_write(complaints):
        raise ValueError(
            f"{path}: cannot be written as BCF: htslib says: {complaints[0]}. Declare contigs, filters and fields in "
            "its header (bcftools reheader), or name a .vcf or .vcf.gz output"
        )
    if complaints or program.returncode or num_written.strip() != str(order.num_records):
        raise OSError(f"{whole} cannot be written: {complaints[-1] if complaints else 'htslib ended early'}; make room")
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
