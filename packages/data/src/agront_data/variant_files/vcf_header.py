"""The header of a VCF file: what it declares, and its columns.

The format: https://samtools.github.io/hts-specs/VCFv4.3.pdf
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from agront_data.variant_files.record_columns import as_text
from agront_data.variant_files.text_lines import is_blank, split_line_end

COLUMNS = (b"#CHROM", b"POS", b"ID", b"REF", b"ALT", b"QUAL", b"FILTER", b"INFO")
"""The columns that each VCF file has; FORMAT and the samples come behind."""

_INFO_ID = re.compile(rb"##INFO=<(?:.*?,)?ID=([^,>]*)")
_TYPE = re.compile(rb"[<,]Type=([A-Za-z]+)")
_CONTIG_LENGTH = re.compile(rb"##contig=<(?:.*?,)?length=([0-9]{1,18})", re.IGNORECASE)
_AGAIN = "fetch or write it again"


class VcfHeader(NamedTuple):
    """What a VCF file says before its records.

    Attributes:
        lines: All of it, with line ends; the last one names the columns.
        num_columns: Columns of each record.
        info_types: Type of each INFO field that is declared, such as "Float", by its ID.
        longest_contig: Length of the longest contig that is declared with one; 0 where none is.
    """

    lines: tuple[bytes, ...]
    num_columns: int
    info_types: Mapping[str, str]
    longest_contig: int


def read_header(lines: Iterator[bytes], path: Path) -> VcfHeader:
    """Takes the header from the lines of a file.

    Args:
        lines: The file's, with line ends, from the first; afterwards the next one is that of the first record.
        path: The file, for messages.

    Raises:
        ValueError: There is no line of columns, or its columns are not VCF's; the message says what to do.
    """
    taken: list[bytes] = []
    for line in lines:
        taken.append(line)
        content, _ = split_line_end(line)
        source = f"{path}: line {len(taken)}"
        if content.startswith(b"#CHROM"):
            return VcfHeader(tuple(taken), _num_columns(content, source), _info_types(taken), _longest_contig(taken))
        if b"\r" in content and len(taken) == 1:
            raise ValueError(f"{source} holds a CR (old Macintosh text?); write LF instead: tr '\\r' '\\n'")
        if not is_blank(line) and not content.startswith(b"#"):
            raise ValueError(
                f"{source}: is a record ({as_text(content)[:40]!r}), but no line #CHROM, which names the columns, came "
                f"before it: the header is damaged; {_AGAIN}"
            )
    raise ValueError(
        f"{path}: ends in its header, at line {len(taken)}, without the line #CHROM: it is cut off; {_AGAIN}"
    )


def has_vcf_columns(content: bytes) -> bool:
    """Returns whether a line, without its line end, names the columns of VCF."""
    return tuple(content.split(b"\t", 8)[:8]) == COLUMNS


def _num_columns(content: bytes, source: str) -> int:
    names = content.split(b"\t")
    if has_vcf_columns(content):
        return len(names)
    if len(content.split()) >= 8 > len(names):
        raise ValueError(f"{source}: separates the columns by blanks, VCF by tabs; write tabs in all lines")
    for number, name in enumerate(COLUMNS, 1):
        if names[number - 1 : number] != [name]:
            found = repr(as_text(names[number - 1])[:60]) if number <= len(names) else "missing"
            raise ValueError(
                f"{source}: column {number} of the line #CHROM is {found}; it must be {name.decode()}: if the line is "
                f"cut off, {_AGAIN}"
            )
    raise AssertionError("a line without VCF's columns differs in one of them")


def _info_types(lines: list[bytes]) -> dict[str, str]:
    found = {}
    for line in lines:
        if match := _INFO_ID.match(line):
            declared = _TYPE.search(line)
            found[as_text(match[1])] = as_text(declared[1]) if declared else ""
    return found


def _longest_contig(lines: list[bytes]) -> int:
    return max((int(match[1]) for line in lines if (match := _CONTIG_LENGTH.match(line))), default=0)
