"""Regions to mutate: places and lines of BED files on the contigs of a genome, or the records of a FASTA file."""

import os
from collections.abc import Sequence

from agront_data.regions import (
    ContigBases,
    Place,
    Region,
    check_on_contig,
    place_of,
    region_at,
    text_of_place,
)
from agront_data.variants.contig_names import ContigNames
from agront_data.variants.saturation import Saturation


def saturation_of_places(
    asked: Sequence[Place | Region], genome: str | os.PathLike[str], names: ContigNames, *, species: str | None = None
) -> tuple[Saturation, dict[str, str]]:
    """Finds places and regions in a genome.

    Args:
        asked: They; a region without a name of its own is named as samtools writes its place.
        genome: A FASTA file, whose contigs asked for stay in memory; or a store's folder or URL.
        names: Finds their contigs in it.
        species: The genome's name in the store; may be left out where there is one only.

    Returns:
        The regions on the genome's contigs; and the genome's name of each contig.

    Raises:
        FileNotFoundError: There is no such genome.
        ValueError: A contig is not there, a region ends beyond it, or as `ContigBases`.
    """
    contigs = dict.fromkeys(each.contig for each in asked)
    wanted = {spelling for name in contigs for spelling in names.spellings(name)}
    bases = ContigBases(genome, species=species, wanted=wanted.__contains__)
    found = {name: names.find(name, bases.lengths) for name in contigs}
    regions = []
    for each in asked:
        contig = found[each.contig]
        if isinstance(each, Place):
            regions.append(region_at(each, contig, bases.lengths, os.fspath(genome)))
            continue
        region = each._replace(contig=contig or each.contig)
        check_on_contig(region, bases.lengths, os.fspath(genome))
        if each.name == place_of(each.contig, each.start, each.end, each.strand):
            region = region._replace(name=text_of_place(region.contig, region.start, region.end))
        regions.append(region)
    return Saturation(tuple(regions), bases), {name: same for name, same in found.items() if same is not None}


def saturation_of_records(fasta: str | os.PathLike[str]) -> Saturation:
    """Takes each record of a FASTA file for a contig and a region of its own; raises as `ContigBases`."""
    bases = ContigBases(fasta)
    return Saturation(tuple(Region(name, name, 0, length) for name, length in bases.lengths.items()), bases)
