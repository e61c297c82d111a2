"""The contigs of a genome in a FASTA file: which there are, and what is said where a region does not fit them."""

import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from agront_data.genome_names import first_names, unknown_names
from agront_data.regions.region import Region, describe, place_of
from agront_data.sequence_files import FastaBlock, read_fasta_blocks
from agront_data.store import GenomeStore


def whole_contigs(genome: str | os.PathLike[str] | GenomeStore, *, species: str | None = None) -> list[Region]:
    """Returns every contig of a genome as a region on the forward strand, in file order: `tile_regions` cuts them.

    Args:
        genome: A FASTA file, which is read once from end to end; or a store, which knows its lengths.
        species: The genome's name in the store; may be left out where there is one only.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is not whole (as for `read_fasta`) or has a contig twice; or the store has no such species,
            or several and none is named.
    """
    if isinstance(genome, GenomeStore):
        genomes = [genome.genomes[index] for index in genome.indices_of(species)]
        if len(genomes) > 1:
            raise ValueError(
                f"{genome.location}: holds {len(genomes)} genomes ({first_names([each.name for each in genomes])}): "
                "name the species (`species`)"
            )
        lengths = {contig.name: contig.length for contig in genomes[0].contigs}
    else:
        check_no_species(genome, species)
        lengths = {block.name: block.start + block.codes.size for block in unique_contigs(genome)}
    return [Region(place_of(name, 0, length, "+"), name, 0, length) for name, length in lengths.items()]


def unique_contigs(path: str | os.PathLike[str]) -> Iterator[FastaBlock]:
    """As `read_fasta_blocks`, and refuses a file with two contigs of one name, where a region could mean either.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: As `read_fasta`.
        ValueError: As `read_fasta`; or the file is a folder, or has a contig twice.
    """
    if Path(path).is_dir():
        raise ValueError(f"{path}: is a folder; name a FASTA file, or open it with GenomeStore.open if it is a store")
    return _unique(path, read_fasta_blocks(path))


def _unique(path: str | os.PathLike[str], blocks: Iterator[FastaBlock]) -> Iterator[FastaBlock]:
    seen = set()
    for block in blocks:
        if block.start == 0:
            if block.name in seen:
                raise ValueError(
                    f"{path}: has two contigs named {block.name!r}, so no region on it can be found; rename one, or "
                    "remove it if it is a copy"
                )
            seen.add(block.name)
        yield block


def check_no_species(genome: str | os.PathLike[str], species: str | None) -> None:
    """Refuses a species where there is nothing to choose from."""
    if species is not None:
        raise ValueError(f"{os.fspath(genome)}: is a FASTA file, one genome: leave out the species {species!r}")


def check_on_contig(region: Region, lengths: Mapping[str, int], genome: str) -> None:
    """Checks that a genome has a region.

    Args:
        region: The region.
        lengths: Bases of each contig of the genome.
        genome: File or place of the genome, for the message.

    Raises:
        ValueError: It has no such contig, or a shorter one.
    """
    if region.contig not in lengths:
        raise unknown_contig(region, lengths, genome)
    check_end(region, lengths[region.contig], genome)


def check_end(region: Region, length: int, genome: str) -> None:
    """Checks that a region lies in its contig.

    Args:
        region: The region.
        length: Bases in its contig.
        genome: File or place of the genome, for the message.

    Raises:
        ValueError: It does not.
    """
    if region.end > length:
        raise ValueError(
            f"{describe(region)}: ends at {region.end}, but {region.contig!r} in {genome} has {length} bases; cut it "
            "there, or take the assembly that the region was made for"
        )


def unknown_contig(region: Region, known: Collection[str], genome: str) -> ValueError:
    """Returns the error for a region on a contig that the genome does not have, with other spellings of its name.

    Args:
        region: The region.
        known: Names of the contigs that there are.
        genome: File or place of the genome.
    """
    return ValueError(
        f"{describe(region)}: {genome} has no contig {unknown_names([region.contig], known)}; it has "
        f"{first_names(list(known))}. Use the genome's own names, the first word of its FASTA headers"
    )
