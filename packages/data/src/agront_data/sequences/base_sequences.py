"""Sequences as base codes, out of FASTA files, or of BED files and a genome."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from agront_data.bases import BASE_BITS
from agront_data.genome_names import first_names, unknown_names
from agront_data.input_warning import InputWarning
from agront_data.regions import Region, place_of, read_bed, read_regions, tile_regions
from agront_data.sequence_files import NotFastaError, read_fasta_blocks
from agront_data.sequences.input_files import InputFile
from agront_data.sequences.sequence_labels import split_labels
from agront_data.store import GenomeStore


class BaseSequence(NamedTuple):
    """An `InputSequence` before it is tokenized: `codes` in place of its tokens.

    Attributes:
        codes: One code a base, without the soft-mask bit (see `agront_data.bases`).
    """

    id: str
    species: str
    contig: str
    start: int
    end: int
    strand: str
    labels: tuple[str, ...]
    codes: UInt8[np.ndarray, "W"]


def fasta_sequences(file: InputFile, tile: int | None, step: int | None, split: bool) -> Iterator[BaseSequence]:
    """Yields the records of a FASTA file, or their tiles.

    Args:
        file: The FASTA file.
        tile: Bases of a tile; None for whole records.
        step: Bases from the start of a tile to the next; None for `tile`.
        split: Whether to split labels off headers.

    Raises:
        FileNotFoundError, ValueError: As `read_fasta_blocks`.
    """
    for contig, codes in _records(file.path):
        name, labels = split_labels(contig) if split else (contig, ())
        if tile is None:
            yield BaseSequence(name, file.species, contig, 0, codes.size, "+", labels, codes)
            continue
        whole = Region(place_of(contig, 0, codes.size, "+"), contig, 0, codes.size)
        for piece in tile_regions([whole], tile, step):
            yield BaseSequence(piece.name, file.species, contig, *piece[2:5], labels, codes[piece.start : piece.end])


def bed_sequences(file: InputFile, genome: str, tile: int | None, step: int | None) -> Iterator[BaseSequence]:
    """Yields the regions of a BED file, or their tiles.

    Args:
        file: The BED file. Of a store with a genome of its species' name, that genome is read; a species that was given
            must be in the store, one that is only the file's own name need not.
        genome: FASTA file, or folder or URL of a genome store.
        tile: Bases of a tile; None for whole regions.
        step: Bases from the start of a tile to the next; None for `tile`.

    Raises:
        FileNotFoundError, ValueError: As `read_bed` and `read_regions`.

    Warns:
        InputWarning: Regions have blocks, which are not joined; or the store has no genome that is called as the file.
    """
    regions = read_bed(file.path)
    _warn_of_blocks(file.path, regions)
    if tile is not None:
        regions = list(tile_regions(regions, tile, step))
    if "://" in genome or Path(genome).is_dir():
        store = GenomeStore.open(genome)
        bases = read_regions(store, regions, species=_species_in(store, file))
    else:
        bases = read_regions(genome, regions)
    for region, codes in zip(regions, bases, strict=True):
        yield BaseSequence(region.name, file.species, *region[1:5], (), codes)


def _species_in(store: GenomeStore, file: InputFile) -> str | None:
    """Returns the species to look regions up in; None for all of a store, where a file's own name is none of them."""
    names = [genome.name for genome in store.genomes]
    if file.is_species_given or file.species in names:
        return file.species
    warnings.warn(
        f"{file.path}: {store.location} has no genome {unknown_names([file.species], names)}; regions are looked up in "
        f"all its genomes ({first_names(names)}). To name one, give SPECIES={file.path}",
        InputWarning,
        stacklevel=1,
    )
    return None


def _warn_of_blocks(path: str, regions: list[Region]) -> None:
    number = sum(region.num_blocks > 1 for region in regions)
    if number:
        warnings.warn(
            f"{path}: exons were not joined: {number:,} of {len(regions):,} regions have several blocks, and each was "
            "read from start to end. For spliced sequences, give the output of: "
            f"bedtools getfasta -split -s -name -fi GENOME.fa -bed {path} -fo SPLICED.fa",
            InputWarning,
            stacklevel=1,
        )


def _records(path: str) -> Iterator[tuple[str, UInt8[np.ndarray, "W"]]]:
    """Yields name and codes of each record; a record is in memory at a time."""
    name = ""
    pieces: list[UInt8[np.ndarray, "W"]] = []
    try:
        for block in read_fasta_blocks(path):
            if block.start == 0 and pieces:
                yield name, np.concatenate(pieces)
                pieces = []
            name = block.name
            pieces.append(block.codes & BASE_BITS)
    except NotFastaError as error:
        remedy = "If it is a BED file, give the genome that it is about, --genome; make BED of GFF, GTF and VCF first"
        raise NotFastaError(f"{error}. {remedy} (gff2bed, gtf2bed, vcf2bed)") from error
    yield name, np.concatenate(pieces)
