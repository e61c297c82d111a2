"""One record of a VCF file: to a `VariantRecord`, or to a sentence that says what is wrong; and more INFO for it."""

from collections.abc import Mapping

from agront_data.variant_files.record_columns import as_text, make_record
from agront_data.variants import VariantRecord

FIELDS = ("id", "qual", "filter", "info")
"""Names of a record's `fields`."""


def parse_vcf_line(content: bytes, source: str, num_columns: int) -> VariantRecord:
    """Makes a record of a line.

    Args:
        content: The line, without its line end.
        source: File and line, for messages.
        num_columns: Columns that the header names.

    Raises:
        ValueError: It is none; the message names source, column, value and remedy.
    """
    if content.startswith(b"#"):
        raise ValueError(
            f"{source}: is a line of a header, {as_text(content)[:40]!r}, among the records; if files were joined, "
            "join them so that one header remains: bcftools concat"
        )
    num_found = content.count(b"\t") + 1
    if num_found != num_columns:
        raise ValueError(f"{source}: {_wrong_columns(content, num_found, num_columns)}")
    contig, position, identifier, reference, alternative, quality, filters, info = content.split(b"\t", 8)[:8]
    fields = (identifier, quality, filters, info)
    return make_record(source, (contig, position, reference, alternative), fields, content)


def with_info(content: bytes, source: str, entries: Mapping[str, str]) -> bytes:
    """Returns a record's line with more entries of INFO, behind those it has; nothing else of it changes.

    Args:
        content: The line, without its line end, as `parse_vcf_line` has read it.
        source: File and line, for messages.
        entries: Values by key; none leaves the line as it is.

    Raises:
        ValueError: Its INFO has such a key already.
    """
    if not entries:
        return content
    columns = content.split(b"\t", 8)
    info = columns[7]
    for key in entries:
        name = key.encode()
        if name in info and any(entry.partition(b"=")[0] == name for entry in info.split(b";")):
            raise ValueError(
                f"{source}: has INFO/{key} already; remove it first: bcftools annotate -x INFO/{key} OLD > NEW"
            )
    added = ";".join(f"{key}={value}" for key, value in entries.items()).encode()
    if info in (b".", b""):
        columns[7] = added
    else:
        columns[7] = info + (b"" if info.endswith(b";") else b";") + added
    return b"\t".join(columns)


def _wrong_columns(content: bytes, num_found: int, num_columns: int) -> str:
    if num_found < 8 <= len(content.split()):
        return (
            f"{as_text(content)[:60]!r} has {num_found} columns: they are separated by blanks, in VCF by tabs; write "
            "tabs, for example: sed 's/  */\\t/g' OLD > NEW"
        )
    return (
        f"has {num_found} columns, and the line #CHROM names {num_columns} ({_samples(num_columns)}): is the line cut "
        "off or damaged? Fetch or write the file again"
    )


def _samples(num_columns: int) -> str:
    return "VCF's 8, no samples" if num_columns <= 9 else f"VCF's 9 and {num_columns - 9} samples"
