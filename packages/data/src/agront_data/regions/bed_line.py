"""One line of a BED file: to a region, or to a sentence that says what it is instead."""

import re
import sys
from collections.abc import Sequence
from typing import Literal

from agront_data.regions.region import Region, check_region, place_of
from agront_data.sequence_files import format_of_places

_DIGITS = re.compile(r"[0-9]{1,18}")
_BROWSER_PLACE = re.compile(r"(\S+):([0-9,]{1,20})-([0-9,]{1,20})")


def parse_fields(fields: Sequence[str], source: str) -> Region:
    """Turns the columns of a BED line into a region.

    Args:
        fields: The columns, without blanks around them.
        source: File and line, for messages.

    Raises:
        ValueError: They are not BED's, or no base lies between start and end; the message names file, line, value and
            remedy.
    """
    if len(fields) < 3 or fields[0].startswith(">"):
        raise ValueError(f"{source}: {' '.join(fields)[:60]!r} is no BED line: {_how_to_write(fields[0])}")
    contig, start, end = sys.intern(fields[0]), _position(fields, 1, source), _position(fields, 2, source)
    if not contig:
        raise ValueError(f"{source}: column 1 is empty; it names the contig")
    column_6 = fields[5] if len(fields) > 5 else "."
    if column_6 not in ("+", "-", "."):
        raise ValueError(
            f"{source}: the strand, column 6, is {column_6[:60]!r}; it must be +, - or . (unknown, read as +). If it "
            "is a strand in other words, such as 1 and -1, write + and -. If this column is something else, keep the "
            "columns before it: cut -f 1-5"
        )
    strand: Literal["+", "-"] = "-" if column_6 == "-" else "+"
    named = len(fields) > 3 and fields[3] not in ("", ".")
    name = fields[3] if named else place_of(contig, start, end, strand)
    blocks = fields[9] if len(fields) > 11 and _DIGITS.fullmatch(fields[9]) else "1"
    region = Region(name, contig, start, end, strand, source, int(blocks))
    check_region(region)
    return region


def _position(fields: Sequence[str], column: int, source: str) -> int:
    text, what = fields[column], ("start", "end")[column - 1]
    if _DIGITS.fullmatch(text):
        return int(text)
    found = f"{source}: the {what}, column {column + 1}, is {text[:60]!r}"
    raise ValueError(f"{found}; it must be a whole number: {_remedy(fields, text)}")


def _how_to_write(text: str) -> str:
    if text.startswith(">"):
        return "this is FASTA; give it as the genome"
    place = _BROWSER_PLACE.fullmatch(text)
    if place:
        contig, first, last = place[1], *(int(number.replace(",", "") or 0) for number in place.group(2, 3))
        columns = f"{contig} {max(0, first - 1)} {last}"
        return f"if this is a 1-based place, as genome browsers show it, write {columns}, separated by tabs"
    return "it must have at least 3 columns, separated by tabs: contig, start, end"


def _remedy(fields: Sequence[str], text: str) -> str:
    places = format_of_places(fields)
    if places == "GFF or GTF":
        return (
            "this looks like GFF or GTF, which counts from 1; convert it: "
            "awk -v OFS='\\t' '!/^#/ {print $1, $4 - 1, $5, $3, \".\", $7}'"
        )
    if places == "VCF":
        return (
            "this looks like VCF, which counts from 1; convert it: "
            "awk -v OFS='\\t' '!/^#/ {print $1, $2 - 1, $2 - 1 + length($4), $3}'"
        )
    if _DIGITS.fullmatch(text.removeprefix("-")):
        return "bases are counted from 0, so none is negative; cut the region at the contig's start"
    if "," in text and _DIGITS.fullmatch(text.replace(",", "")):
        return "leave out the commas"
    if text.isascii() and text.isdigit():
        return "no contig has so many bases; is the line damaged?"
    if text.isdecimal():
        return f"write it in the digits 0 to 9: {int(text[:60])}"
    if not any(letter.isdigit() for letter in text):
        return "if this line is a heading, begin it with #"
    return "digits only, bases counted from 0"
