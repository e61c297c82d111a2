"""`RecordBlock`: many records of a VCF file at once, for those who have millions."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from agront_data.variant_files.record_columns import as_text
from agront_data.variant_files.text_lines import is_blank, read_text_lines, split_line_end
from agront_data.variant_files.variant_file import VariantFile
from agront_data.variant_files.vcf_header import VcfHeader, read_header
from agront_data.variant_files.vcf_line import parse_vcf_line, with_info_of_columns
from agront_data.variants import VariantRecord

_LINES_AT_ONCE = 1 << 15
_LETTERS = frozenset(b"ACGTacgt"[place : place + 1] for place in range(8))
_NO_INFO = (b".", b"")
_MOST_DIGITS = 9  # of a position that surely fits 32 bits


class RecordBlock(NamedTuple):
    """Records that follow each other, of which most replace one base by one other.

    Attributes:
        columns: Of each record: the eight columns of VCF, and all behind them as one, where there is more.
        line_ends: Of each.
        blank: Blank lines, by the number of the record in the block that they come before.
        contigs: Of each, as the file names it.
        positions: First base of each reference allele, counted from 0.
        others: Records that replace more than one base by one other, by their number in the block.
    """

    columns: list[list[bytes]]
    line_ends: list[bytes]
    blank: dict[int, bytes]
    contigs: list[str]
    positions: Int64[np.ndarray, "R"]
    others: dict[int, VariantRecord]

    def with_info(self, entries: Sequence[bytes], keys: Sequence[bytes], source: str) -> bytes:
        """Returns the text of the records with more entries of INFO; see `with_info` of a line.

        Args:
            entries: What is added to each record, such as `A=1;B=2`; nothing if empty.
            keys: Those that entries may have.
            source: The file, for messages.

        Raises:
            ValueError: A record has one of the keys already.
        """
        has_key, lines = re.compile(b"|".join(map(re.escape, keys))).search, []
        for columns, added, line_end in zip(self.columns, entries, self.line_ends, strict=True):
            info = columns[7]
            if not added or has_key(info) or info in _NO_INFO or info[-1:] == b";":
                place = f"{source}: the record at {as_text(columns[0])} {as_text(columns[1])}"
                columns = with_info_of_columns(columns, added, keys, place)
            else:  # nearly all
                columns = columns.copy()
                columns[7] = info + b";" + added
            lines.append(b"\t".join(columns) + line_end)
        for number, blank in sorted(self.blank.items(), reverse=True):
            lines.insert(number, blank)
        return b"".join(lines)


def read_record_blocks(path: Path) -> tuple[VcfHeader, Iterator[RecordBlock]]:
    """Reads the header of a text VCF, and makes an iterator of blocks of its records.

    Raises:
        ValueError: As `read_vcf_lines`.
    """
    lines = read_text_lines(path)
    header = read_header(lines, path)
    return header, _blocks(lines, path, header)


def survey_blocks(variants: VariantFile) -> tuple[int, tuple[str, ...]]:
    """Counts the records of a text VCF, and names their contigs, in the order of the file.

    No more of a record is looked at than its first column.

    Raises:
        ValueError: As `read_text_lines`, or the header is not VCF's.
    """
    lines = read_text_lines(variants.path)
    read_header(lines, variants.path)
    counts = Counter(line.split(b"\t", 1)[0] for line in lines if not is_blank(line))
    return counts.total(), tuple(as_text(name.strip()) for name in counts)


def _blocks(lines: Iterator[bytes], path: Path, header: VcfHeader) -> Iterator[RecordBlock]:
    number, names = len(header.lines), dict[bytes, str]()
    num_pieces, num_tabs_behind = min(header.num_columns, 9), header.num_columns - 9
    block, positions = _new(), list[bytes]()
    for number, line in enumerate(lines, len(header.lines) + 1):
        content, line_end = (line[:-1], b"\n") if line[-1:] == b"\n" else (line, b"")
        if content[-1:] == b"\r":
            content, line_end = split_line_end(line)
        columns = content.split(b"\t", 8)
        is_plain = (
            len(columns) == num_pieces
            and columns[3] in _LETTERS
            and columns[4] in _LETTERS
            and columns[1].isdigit()
            and len(columns[1]) <= _MOST_DIGITS
            and (num_tabs_behind <= 0 or columns[8].count(b"\t") == num_tabs_behind)
            and b"\0" not in content
        )
        name = names.get(columns[0]) if is_plain else None
        if name is None:
            if is_blank(line):
                block.blank[len(block.columns)] = block.blank.get(len(block.columns), b"") + line
                continue
            record = parse_vcf_line(content, f"{path}: line {number}", header.num_columns)
            name = names.setdefault(columns[0], record.contig)
            if not is_plain:
                block.others[len(block.columns)] = record
        block.columns.append(columns)
        block.line_ends.append(line_end)
        block.contigs.append(name)
        positions.append(columns[1])
        if len(positions) == _LINES_AT_ONCE:
            yield block._replace(positions=_from_zero(positions))
            block, positions = _new(), []
    if positions or block.blank:
        yield block._replace(positions=_from_zero(positions))


def _new() -> RecordBlock:
    return RecordBlock([], [], {}, [], np.zeros(0, np.int64), {})


def _from_zero(positions: Sequence[bytes]) -> Int64[np.ndarray, "R"]:
    return np.array(positions, dtype=np.bytes_).astype(np.int64) - 1
