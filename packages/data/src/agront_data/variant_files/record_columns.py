"""The columns that VCF and tables have alike, read and checked."""

import sys

from agront_data.variants import VariantRecord

# VCF's positions are 32-bit integers (VCF specification, section 1.3).
_LAST_POSITION = (1 << 31) - 1
_MOST_DIGITS = 20
_COLUMNS = ("CHROM", "POS", "REF", "ALT")


def make_record(
    source: str, columns: tuple[bytes, bytes, bytes, bytes], fields: tuple[bytes, ...], content: bytes
) -> VariantRecord:
    """Makes a record of its columns, whose contig, position and alleles it checks.

    Alleles may be of any letters.

    Args:
        source: File and line, for messages.
        columns: CHROM, POS, REF and ALT.
        fields: The other ones that are to be kept as text.
        content: The whole record.

    Raises:
        ValueError: One of the four is empty, the contig is not text in UTF-8, or the position is no whole number from 0
            to 2,147,483,647; the message names source, column, value and remedy.
    """
    contig, position, reference, alternatives = columns
    if not (contig and position and reference and alternatives):
        name = next(name for name, column in zip(_COLUMNS, columns, strict=True) if not column)
        raise ValueError(f"{source}: {name} is empty; is the line damaged? Where no base is known, REF is N, ALT .")
    if b"\0" in content:
        raise ValueError(f"{source}: holds a zero byte, so it is no text: the file is damaged; fetch or write it again")
    try:
        name = sys.intern(contig.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{source}: CHROM is {as_text(contig)[:60]!r}, not text in UTF-8 ({error.reason}); give the contig the "
            "name that it has in the genome, or convert the file: iconv -f LATIN1 -t UTF-8 OLD > NEW"
        ) from error
    # Decoded together: files have many millions of records.
    reference_text, alternatives_text, *texts = as_text(b"\t".join((reference, alternatives, *fields))).split("\t")
    return VariantRecord(
        source,
        name,
        _position(position, source) - 1,
        reference_text,
        tuple(alternatives_text.split(",")),
        tuple(texts),
        content,
    )


def as_text(column: bytes) -> str:
    r"""Returns a column as text, with `\xfc` and the like for bytes that are not UTF-8."""
    return column.decode("utf-8", "backslashreplace")


def _position(text: bytes, source: str) -> int:
    if text.isdigit() and len(text) <= _MOST_DIGITS and (position := int(text)) <= _LAST_POSITION:
        return position
    if text.isdigit():
        remedy = f"no contig is longer than {_LAST_POSITION:,} bases here; is the line damaged?"
    elif text.replace(b",", b"").isdigit():
        remedy = "leave out the commas"
    else:
        remedy = "it must be a whole number, counted from 1, in digits only"
    raise ValueError(f"{source}: POS is {as_text(text)[:60]!r}; {remedy}")
