"""A VCF file's text with more INFO: not a byte of what was there changes."""

from collections.abc import Iterator, Mapping, Sequence

from agront_data.variant_files.annotations import with_annotations
from agront_data.variant_files.text_lines import split_line_end
from agront_data.variant_files.variant_file import VariantFile
from agront_data.variant_files.vcf_header import VcfHeader
from agront_data.variant_files.vcf_line import with_info
from agront_data.variant_files.vcf_lines import read_vcf_lines
from agront_data.variants import VariantRecord


def annotated_text(
    source: VariantFile, header_lines: Sequence[str], annotations: Iterator[Mapping[str, str]]
) -> tuple[VcfHeader, Iterator[tuple[bytes, VariantRecord | None]]]:
    """Reads the header of a VCF or BCF file, and makes an iterator over its text with more INFO.

    Args:
        source: The file.
        header_lines: Lines to be added before the line of columns, without line ends.
        annotations: INFO entries of each record, values by key.

    Returns:
        The header as it was; and line after line, those of the new header first, each with its line end and the record
        that it was made of, if it is one.

    Raises:
        ValueError: The file is damaged, or has another number of records than there are annotations.
    """
    assert source.kind != "tsv"
    header, lines = read_vcf_lines(source.path, source.kind)
    return header, _annotated(source, header, lines, header_lines, annotations)


def header_with_lines(header: VcfHeader, more: Sequence[str]) -> list[bytes]:
    """Returns the lines of a header, with more of them, which have no line ends, before the line of columns."""
    *before, columns = header.lines
    line_end = split_line_end(columns)[1] or split_line_end(header.lines[0])[1] or b"\n"
    return [*before, *(line.encode("utf-8", "surrogateescape") + line_end for line in more), columns]


def _annotated(
    source: VariantFile,
    header: VcfHeader,
    lines: Iterator[tuple[bytes, VariantRecord | None]],
    header_lines: Sequence[str],
    annotations: Iterator[Mapping[str, str]],
) -> Iterator[tuple[bytes, VariantRecord | None]]:
    for line in header_with_lines(header, header_lines):
        yield line, None
    blank: list[bytes] = []  # those before the next record

    def records() -> Iterator[tuple[bytes, VariantRecord]]:
        for line, record in lines:
            if record is None:
                blank.append(line)
            else:
                yield line, record

    for (line, record), entries in with_annotations(records(), annotations, source.path):
        yield from ((line, None) for line in blank)
        blank.clear()
        yield with_info(record.content, record.source, entries) + split_line_end(line)[1], record
    yield from ((line, None) for line in blank)
