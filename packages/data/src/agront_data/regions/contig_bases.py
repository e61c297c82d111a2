"""`ContigBases`: pieces of contigs in any order, of a FASTA file or of a genome store."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Int64, UInt8

from agront_data.bases import BASE_BITS, N
from agront_data.regions.contigs import check_no_species, unique_contigs, whole_contigs
from agront_data.regions.region import Region, place_of
from agront_data.regions.region_reader import read_regions
from agront_data.regions.store_known_runs import StoreKnownRuns
from agront_data.store import GenomeStore, find_runs


class ContigBases:
    """Reads pieces of a genome's contigs, in any order and again and again.

    Attributes:
        lengths: Bases of each contig, by name.
    """

    lengths: Mapping[str, int]

    def __init__(
        self,
        genome: str | os.PathLike[str] | GenomeStore,
        *,
        species: str | None = None,
        wanted: Callable[[str], bool] = lambda name: True,
    ):
        """Reads a FASTA file, whose wanted contigs stay in memory, a byte a base; of a store, only the lengths.

        Args:
            genome: A FASTA file, compressed or not; a store, or its folder or URL.
            species: The genome's name in the store; may be left out where there is one only.
            wanted: Whether a contig will be read, by its name.

        Raises:
            FileNotFoundError: There is no such file.
            ValueError: As `whole_contigs`.
        """
        if not isinstance(genome, GenomeStore) and ("://" in os.fspath(genome) or Path(genome).is_dir()):
            genome = GenomeStore.open(genome)
        self._store: GenomeStore | None = None
        self._species = species
        self._of_store: StoreKnownRuns | None = None
        self._known: dict[str, Int64[np.ndarray, "R 2"]] = {}
        self._contigs: dict[str, UInt8[np.ndarray, "L"]] = {}
        if isinstance(genome, GenomeStore):
            self._store = genome
            self.lengths = {region.contig: region.end for region in whole_contigs(genome, species=species)}
            return
        check_no_species(genome, species)
        lengths: dict[str, int] = {}
        pieces: dict[str, list[UInt8[np.ndarray, "_"]]] = {}
        for block in unique_contigs(genome):
            lengths[block.name] = block.start + block.codes.size
            if wanted(block.name):
                pieces.setdefault(block.name, []).append(block.codes)
        self.lengths = lengths
        for name in list(pieces):
            self._contigs[name] = np.concatenate(pieces.pop(name))

    @property
    def fingerprint(self) -> str:
        """A digest of the genome: of the store, or of the wanted contigs of a FASTA file."""
        if self._store is not None:
            return self._store.fingerprint
        digest = hashlib.blake2b(digest_size=16)
        for name, codes in self._contigs.items():
            digest.update(f"{name}\t{codes.size}\n".encode())
            digest.update((codes & BASE_BITS).data)
        return digest.hexdigest()

    def known_runs(self, contig: str, start: int, end: int) -> Int64[np.ndarray, "R 2"]:
        """Returns the runs of A, T, C, G, each whole, that have a base between two places, or end or begin there.

        Args:
            contig: The contig's name.
            start: The first place.
            end: The place after the last one.

        Returns:
            Their starts and ends (half-open) within the contig.
        """
        if contig not in self._known:
            self._known[contig] = self._find_known(contig)
        runs = self._known[contig]
        return runs[np.searchsorted(runs[:, 1], start) : np.searchsorted(runs[:, 0], end, side="right")]

    def _find_known(self, contig: str) -> Int64[np.ndarray, "R 2"]:
        if self._store is None:
            return find_runs(self._contigs[contig] & BASE_BITS < N)
        if self._of_store is None:
            self._of_store = StoreKnownRuns.read(self._store, self._species)
        return self._of_store.of(contig)

    def read(
        self, places: Sequence[tuple[str, int, int]], *, keep_soft_mask: bool = False
    ) -> list[UInt8[np.ndarray, "_W"]]:
        """Returns the bases of pieces.

        Args:
            places: Contig, first base (from 0) and the base after the last one of each; within the contig.
            keep_soft_mask: Whether bit 3 stays set at soft-masked bases.

        Returns:
            Codes 0–4 = A, T, C, G, N of the forward strand.

        Raises:
            KeyError: A contig is not there, or was not wanted.
            ValueError: Data of the store are damaged.
        """
        if self._store is None:
            bits = np.uint8(0xFF if keep_soft_mask else BASE_BITS)
            return [self._contigs[contig][start:end] & bits for contig, start, end in places]
        regions = [Region(place_of(*place, "+"), *place) for place in places]
        found = read_regions(self._store, regions, species=self._species, keep_soft_mask=keep_soft_mask)
        return list(found)
