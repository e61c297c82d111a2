"""One record of a VCF file: to a `VariantRecord`, or to a sentence that says what is wrong; and more INFO for it."""

from collections.abc import Mapping, Sequence

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
    added = ";".join(f"{key}={value}" for key, value in entries.items()).encode()
    keys = [key.encode() for key in entries]
    return b"\t".join(with_info_of_columns(content.split(b"\t", 8), added, keys, source))


def with_info_of_columns(columns: list[bytes], added: bytes, keys: Sequence[bytes], source: str) -> list[bytes]:
    """Returns the columns of a record with more entries of INFO.

    Args:
        columns: The eight of VCF, and all behind them as one; not changed.
        added: The entries, as `A=1;B=2`; none leaves the columns as they are.
        keys: Their keys.
        source: File and line, for messages.

    Raises:
        ValueError: INFO has such a key already.
    """
    if not added:
        return columns
    info = columns[7]
    for key in keys:
        if key in info and any(entry.partition(b"=")[0] == key for entry in info.split(b";")):
            name = key.decode()
            raise ValueError(
                f"{source}: has INFO/{name} already; remove it first: bcftools annotate -x INFO/{name} OLD > NEW"
            )
    if info not in (b".", b""):
        added = info + (b"" if info.endswith(b";") else b";") + added
    return [*columns[:7], added, *columns[8:]]


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
