"""`Region`: a piece of a contig, named, on one of its strands."""

from typing import Literal, NamedTuple


class Region(NamedTuple):
    """A piece of a contig, counted as BED counts: from 0, without its end (100 bases from the first: 0 to 100).

    Attributes:
        name: Of the gene, promoter, …; its place, as `place_of` writes it, where it has no other.
        contig: As in the header of the FASTA file.
        start: Its first base, on the forward strand.
        end: The base after its last one.
        strand: On "-" the sequence is the reverse complement; start and end count on the forward strand all the same.
        source: Where it was read, such as `genes.bed: line 3`, for messages; empty if nowhere.
        num_blocks: Number of blocks (exons) that its line in a BED12 file names; they are not joined.
    """

    name: str
    contig: str
    start: int
    end: int
    strand: Literal["+", "-"] = "+"
    source: str = ""
    num_blocks: int = 1


def place_of(contig: str, start: int, end: int, strand: str) -> str:
    """Returns a region's place as bedtools names it: `chr1:0-100(+)`."""
    return f"{contig}:{start}-{end}({strand})"


def describe(region: Region) -> str:
    """Returns how a message begins that is about a region: where it was read, its name and its place."""
    place = place_of(region.contig, region.start, region.end, region.strand)
    named = f"region {place}" if region.name == place else f"region {region.name!r} ({place})"
    return f"{region.source}: {named}" if region.source else named


def check_region(region: Region) -> None:
    """Checks what can be checked without the genome.

    Raises:
        ValueError: The region has no base or a negative start, or its strand is none; the message has the remedy.
    """
    if region.strand not in ("+", "-"):
        raise ValueError(f"{describe(region)}: its strand must be '+' or '-'")
    if region.start < 0:
        raise ValueError(f"{describe(region)}: starts before the contig; bases are counted from 0: cut it there")
    if region.start == region.end:
        one_based = f"subtract 1 from the start: {region.start - 1} to {region.end}"
        remedy = f"If these are 1-based positions, as in GFF, {one_based}" if region.start else "Leave it out"
        raise ValueError(
            f"{describe(region)}: has no base: start is counted from 0 and the end is not part of it. {remedy}"
        )
    if region.start > region.end:
        raise ValueError(
            f"{describe(region)}: starts after its end. If start and end are swapped because it lies on the reverse "
            f"strand, give {region.end} to {region.start} and the strand '-'"
        )
