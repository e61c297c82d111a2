"""Sequences as base codes, out of FASTA files, or of BED files and a genome."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from agront_data.bases import BASE_BITS
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


def fasta_sequences(file: InputFile, tile: int | None, step: int | None) -> Iterator[BaseSequence]:
    """Yields the records of a FASTA file, or their tiles.

    Raises:
        FileNotFoundError, ValueError: As `read_fasta_blocks`.
    """
    for header, codes in _records(file.path):
        name, labels = split_labels(header)
        if tile is None:
            yield BaseSequence(name, file.species, name, 0, codes.size, "+", labels, codes)
            continue
        whole = Region(place_of(name, 0, codes.size, "+"), name, 0, codes.size)
        for piece in tile_regions([whole], tile, step):
            yield BaseSequence(piece.name, file.species, name, *piece[2:5], labels, codes[piece.start : piece.end])


def bed_sequences(file: InputFile, genome: str, tile: int | None, step: int | None) -> Iterator[BaseSequence]:
    """Yields the regions of a BED file, or their tiles.

    Args:
        file: The BED file. Of a store with a genome of its species' name, that genome is read.
        genome: FASTA file, or folder or URL of a genome store.
        tile: Bases of a tile; None for whole regions.
        step: Bases from the start of a tile to the next; None for `tile`.

    Raises:
        FileNotFoundError, ValueError: As `read_bed` and `read_regions`.
    """
    regions = read_bed(file.path)
    if tile is not None:
        regions = list(tile_regions(regions, tile, step))
    if "://" in genome or Path(genome).is_dir():
        store = GenomeStore.open(genome)
        known = file.species in {entry.name for entry in store.genomes}
        bases = read_regions(store, regions, species=file.species if known else None)
    else:
        bases = read_regions(genome, regions)
    for region, codes in zip(regions, bases, strict=True):
        yield BaseSequence(region.name, file.species, *region[1:5], (), codes)


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
        raise NotFastaError(f"{error}. If it is a BED file, give the genome that it is about, --genome") from error
    yield name, np.concatenate(pieces)
