"""VCF and BCF alike: the header, and the lines of the records."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from agront_data.variant_files.bcf_file import read_bcf_lines
from agront_data.variant_files.text_lines import is_blank, read_text_lines, split_line_end
from agront_data.variant_files.vcf_header import VcfHeader, read_header
from agront_data.variant_files.vcf_line import parse_vcf_line
from agront_data.variants import VariantRecord


def read_vcf_lines(
    path: Path, kind: Literal["vcf", "bcf"]
) -> tuple[VcfHeader, Iterator[tuple[bytes, VariantRecord | None]]]:
    """Reads the header of a file, and makes an iterator of what follows.

    Args:
        path: The file.
        kind: What it is; BCF is read as the text that it stands for.

    Returns:
        The header; and line after line with its line end, and the record that it is, None for a blank line.

    Raises:
        ValueError: The file cannot be read, its header is not VCF's (at the call), or a line is no record (when it is
            reached).
    """
    lines = read_text_lines(path) if kind == "vcf" else read_bcf_lines(path)
    header = read_header(lines, path)
    called, first = ("line", len(header.lines) + 1) if kind == "vcf" else ("record", 1)
    return header, _records(lines, f"{path}: {called}", first, header.num_columns)


def _records(
    lines: Iterator[bytes], called: str, first: int, num_columns: int
) -> Iterator[tuple[bytes, VariantRecord | None]]:
    for number, line in enumerate(lines, first):
        if is_blank(line):
            yield line, None
        else:
            yield line, parse_vcf_line(split_line_end(line)[0], f"{called} {number}", num_columns)
