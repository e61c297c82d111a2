"""`Place`: a piece of a contig as samtools writes it, `chr1:1000-1600`."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from agront_data.genome_names import first_names, unknown_names
from agront_data.regions.region import Region

_PLACE = re.compile(r"(\S+):([0-9,]{1,20})-([0-9,]{1,20})")
# What was meant for coordinates and is none of them; other words with a colon are names of contigs.
_NO_PLACE = re.compile(r"\S+:[0-9,.:–—-]*|.*\s.*|")
_HOW = "write CONTIG:FIRST-LAST, counted from 1, both part of it, such as chr1:1000-1600; or CONTIG alone for all of it"


class Place(NamedTuple):
    """A place before its genome is known.

    Attributes:
        text: As it was written, without commas in its numbers.
        contig: The contig's name.
        start: The first base, counted from 0.
        end: The base after the last one; None for the contig's end.
    """

    text: str
    contig: str
    start: int
    end: int | None


def parse_place(text: str) -> Place:
    """Reads `CONTIG:FIRST-LAST`, counted from 1 with both ends, with or without commas in numbers; or `CONTIG`.

    Raises:
        ValueError: It is neither, or has no base; the message names the value and the remedy.
    """
    found = _PLACE.fullmatch(text)
    if found is None:
        if _NO_PLACE.fullmatch(text):
            raise ValueError(f"`region` {text!r} is no place: {_HOW}")
        return Place(text, text, 0, None)
    contig, first, last = found[1], *(int(number.replace(",", "") or 0) for number in found.group(2, 3))
    if first < 1:
        raise ValueError(f"`region` {text}: begins at {first}, and the first base is number 1")
    if first > last:
        raise ValueError(f"`region` {text}: begins after its end; give {contig}:{last}-{first}")
    return Place(f"{contig}:{first}-{last}", contig, first - 1, last)


def region_at(place: Place, contig: str | None, lengths: Mapping[str, int], genome: str) -> Region:
    """Returns the region of a place.

    Args:
        place: The place.
        contig: The genome's name of its contig; None where the genome has none.
        lengths: Bases of each contig of the genome.
        genome: File or folder of the genome, for messages.

    Raises:
        ValueError: There is no such contig, or the place ends beyond it.
    """
    if contig is None:
        raise ValueError(
            f"`region` {place.text}: {genome} has no contig {unknown_names([place.contig], lengths)}; it has "
            f"{first_names(list(lengths))}"
        )
    end = lengths[contig] if place.end is None else place.end
    length = lengths[contig]
    if place.start >= length:
        raise ValueError(
            f"`region` {place.text}: begins at {place.start + 1:,}, and {contig!r} in {genome} has {length:,} bases"
        )
    if end > length:
        raise ValueError(
            f"`region` {place.text}: ends at {end:,}, but {contig!r} in {genome} has {length:,} bases; end it there: "
            f"{place.contig}:{place.start + 1}-{length}"
        )
    return Region(place.text, contig, place.start, end)


def text_of_place(contig: str, start: int, end: int) -> str:
    """Returns a place, counted from 0 without its end, as samtools writes it."""
    return f"{contig}:{start + 1}-{end}"
