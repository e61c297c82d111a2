"""Regions to base codes: from a FASTA file in one pass, from a genome store by random reads."""

import itertools
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
from jaxtyping import UInt8

from agront_data.bases import BASE_BITS, reverse_complement
from agront_data.genome_names import first_names
from agront_data.regions.contigs import check_end, check_no_species, unique_contigs, unknown_contig
from agront_data.regions.region import Region, check_region, describe
from agront_data.sequence_files import FastaBlock
from agront_data.store import Contig, GenomeStore

# Of one batched read of a store, filling included; a longer region is read by itself.
_BATCH_BASES = 1 << 24


def read_regions(
    genome: str | os.PathLike[str] | GenomeStore,
    regions: Iterable[Region],
    *,
    species: str | None = None,
    keep_soft_mask: bool = False,
) -> Iterator[UInt8[np.ndarray, "W"]]:
    """Yields the bases of regions, in the order asked.

    A FASTA file is read once, in blocks, to its end, so that a truncated one is noticed. What is held is the bases of
    regions that wait for one asked before them, so little where regions are sorted as the file is, and never more than
    all of them. Regions may overlap. Blocks of a BED12 line (exons) are not joined: a region is read from start to end.

    Args:
        genome: A FASTA file, compressed or not, or a store.
        regions: The regions.
        species: The genome's name in the store; needed where several have a contig of a region's name.
        keep_soft_mask: Whether bit 3 stays set at soft-masked bases.

    Returns:
        For each region its codes, end - start of them: 0–4 = A, T, C, G, N. On "-" they are the reverse complement.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A region has no base, lies on a contig that is not there or stands in several genomes, or ends
            beyond its contig; the file has two contigs of one name or is not whole (as for `read_fasta`). Of a store
            regions are checked at the call, of a file on the way: an unknown contig shows at the file's end.
    """
    asked = list(regions)
    for region in asked:
        check_region(region)
    if isinstance(genome, GenomeStore):
        return _from_store(genome, asked, _places(genome, asked, species), keep_soft_mask)
    check_no_species(genome, species)
    blocks = unique_contigs(genome)
    pieces = _from_fasta(os.fspath(genome), asked, blocks)
    return pieces if keep_soft_mask else (codes & BASE_BITS for codes in pieces)


def _from_fasta(path: str, regions: list[Region], blocks: Iterator[FastaBlock]) -> Iterator[UInt8[np.ndarray, "W"]]:
    waiting: defaultdict[str, list[int]] = defaultdict(list)
    for index in sorted(range(len(regions)), key=lambda index: regions[index].start, reverse=True):
        waiting[regions[index].contig].append(index)
    contig_names: list[str] = []
    complete: dict[int, UInt8[np.ndarray, "W"]] = {}
    turn = 0
    for name, contig_blocks in itertools.groupby(blocks, key=lambda block: block.name):
        contig_names.append(name)
        for index, codes in _cut(path, regions, waiting.pop(name, []), contig_blocks):
            complete[index] = codes
            while turn in complete:
                yield complete.pop(turn)
                turn += 1
    if waiting:
        first = min(itertools.chain.from_iterable(waiting.values()))
        raise unknown_contig(regions[first], contig_names, path)


def _cut(
    path: str, regions: list[Region], waiting: list[int], blocks: Iterator[FastaBlock]
) -> Iterator[tuple[int, UInt8[np.ndarray, "W"]]]:
    """Yields the regions of a contig as they become whole; `waiting` has the one that starts first at its end."""
    begun: dict[int, list[UInt8[np.ndarray, "_"]]] = {}
    end = 0
    for block in blocks:
        end = block.start + block.codes.size
        while waiting and regions[waiting[-1]].start < end:
            begun[waiting.pop()] = []
        for index, pieces in list(begun.items()):
            region = regions[index]
            pieces.append(block.codes[max(0, region.start - block.start) : region.end - block.start])
            if region.end <= end:
                yield index, _on_strand(region, np.concatenate(begun.pop(index)))
    for index in sorted([*begun, *waiting]):
        check_end(regions[index], end, path)


def _places(store: GenomeStore, regions: list[Region], species: str | None) -> list[tuple[int, int]]:
    """Returns each region's genome and its first base in the genome's array."""
    asked = {region.contig for region in regions}
    found: defaultdict[str, list[tuple[int, Contig]]] = defaultdict(list)
    genomes = store.indices_of(species)
    for genome in genomes:
        for contig in store.genomes[genome].contigs:
            if contig.name in asked:
                found[contig.name].append((genome, contig))
    places = []
    for region in regions:
        if region.contig not in found:
            known = [contig.name for genome in genomes for contig in store.genomes[genome].contigs]
            raise unknown_contig(region, known, store.location)
        if len(found[region.contig]) > 1:
            names = first_names([store.genomes[genome].name for genome, _ in found[region.contig]])
            raise ValueError(
                f"{describe(region)}: {region.contig!r} is a contig of several genomes in {store.location} ({names}): "
                "name the species (species=…; on a command line SPECIES=FILE.bed)"
            )
        [(genome, contig)] = found[region.contig]
        check_end(region, contig.length, f"{store.location} ({store.genomes[genome].name})")
        places.append((genome, contig.start + region.start))
    return places


def _from_store(
    store: GenomeStore, regions: list[Region], places: list[tuple[int, int]], keep_soft_mask: bool
) -> Iterator[UInt8[np.ndarray, "W"]]:
    first = 0
    while first < len(regions):
        batch = _batch(regions, first)
        genome, start = np.array(places[first : first + len(batch)], np.int64).T
        length = np.array([region.end - region.start for region in batch], np.int64)
        windows = store.read_windows(genome, start, length, int(length.max()), keep_soft_mask=keep_soft_mask)
        for region, codes in zip(batch, windows, strict=True):
            # A copy: who keeps one region must not keep the batch.
            yield _on_strand(region, codes[: region.end - region.start].copy())
        first += len(batch)


def _batch(regions: list[Region], first: int) -> list[Region]:
    """Returns as many regions, one at least, as fit `_BATCH_BASES` when all are filled to the longest."""
    width, last = 0, first
    while last < len(regions):
        width = max(width, regions[last].end - regions[last].start)
        if last > first and width * (last + 1 - first) > _BATCH_BASES:
            break
        last += 1
    return regions[first:last]


def _on_strand(region: Region, codes: UInt8[np.ndarray, "W"]) -> UInt8[np.ndarray, "W"]:
    return reverse_complement(codes) if region.strand == "-" else codes
