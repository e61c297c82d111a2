"""`HeldOut`: which sequence is kept from training."""

import dataclasses
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int64

from agront_data.genome_names import unknown_names
from agront_data.store import GenomeStore
from agront_data.windows.corpus_intervals import contig_intervals, subtract_intervals

Part = Literal["training", "held_out"]
"""A part of a store: the sequence to train on, or the sequence kept from training."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class HeldOut:
    """Held-out genomes, held-out contigs, and held-out blocks of all other contigs; nothing by default.

    Block i of a contig is bases [i · block_length, (i + 1) · block_length), the last one possibly shorter. It is held
    out where i mod `every` equals `offset`. An offset above 0 leaves contigs of a single block in training. With
    `every=10`, offsets 8 and 9 keep clear of the inverted repeats of the example chloroplast, whose two copies are the
    same sequence.

    Attributes:
        genomes: Names of whole genomes to hold out: species that are never trained on.
        contigs: Names of whole contigs to hold out, as `contig` or `genome:contig`.
        block_length: Bases in a block; 6,138 is a window of 1,023 6-mers.
        every: Period in blocks; 0 holds out no blocks.
        offset: Which block of each period, from 0 to `every` − 1.
        most_bases: Bases to hold out in blocks, at most about so many: of a store with more, `every` is raised, so that
            a genome of any size is measured in a like time. None holds out what `every` says.
    """

    genomes: tuple[str, ...] = ()
    contigs: tuple[str, ...] = ()
    block_length: int = 6138
    every: int = 0
    offset: int = 8
    most_bases: int | None = None

    def __post_init__(self) -> None:
        if self.block_length < 1:
            raise ValueError(f"block_length is {self.block_length}; a block needs at least one base")
        if self.every < 0 or self.every == 1:
            raise ValueError(f"`every` is {self.every}; give 0 to hold out no blocks, or at least 2 to leave any")
        if self.every and not 0 <= self.offset < self.every:
            raise ValueError(f"`offset` is {self.offset}; with `every` {self.every} it must be 0 to {self.every - 1}")
        if self.most_bases is not None and self.most_bases < self.block_length:
            raise ValueError(f"most_bases is {self.most_bases}; it must be a block, {self.block_length} bases, or more")

    def part_intervals(self, store: GenomeStore, part: Part) -> Int64[np.ndarray, "I 2"]:
        """Returns start and end of the pieces of contigs that are one part of the store, in corpus coordinates.

        The two parts are disjoint and together all of the store.

        Raises:
            ValueError: A held-out genome or contig is not in the store, or a contig's name is in several genomes.
        """
        contigs = contig_intervals(store)
        held_out = self._held_out_intervals(contigs, self._is_held_out(store))
        return held_out if part == "held_out" else subtract_intervals(contigs, held_out)

    def _is_held_out(self, store: GenomeStore) -> Bool[np.ndarray, "C"]:
        unknown = unknown_names(self.genomes, [genome.name for genome in store.genomes])
        if unknown:
            some = ", ".join(genome.name for genome in store.genomes[:5])
            raise ValueError(f"held-out genomes not in {store.location}: {unknown}; it has {some}, …")
        in_genome = [genome.name in self.genomes for genome in store.genomes for _ in genome.contigs]
        if not self.contigs:
            return np.array(in_genome)
        names = [(genome.name, contig.name) for genome in store.genomes for contig in genome.contigs]
        for wanted in self.contigs:
            found = [f"{genome}:{contig}" for genome, contig in names if wanted in (contig, f"{genome}:{contig}")]
            if not found:
                some = ", ".join(f"{genome}:{contig}" for genome, contig in names[:5])
                raise ValueError(f"held-out contig {wanted!r} is not in {store.location}, which has {some}, …")
            if len(found) > 1:
                raise ValueError(f"held-out contig {wanted!r} could be {' or '.join(found)}; name it in full")
        chosen = set(self.contigs)
        by_name = [contig in chosen or f"{genome}:{contig}" in chosen for genome, contig in names]
        return np.array(in_genome) | np.array(by_name)

    def _held_out_intervals(
        self, contigs: Int64[np.ndarray, "C 2"], whole: Bool[np.ndarray, "C"]
    ) -> Int64[np.ndarray, "H 2"]:
        if not self.every:
            return contigs[whole]
        lengths = contigs[:, 1] - contigs[:, 0]
        every = self.every
        if self.most_bases is not None:
            every = max(every, -(-int(lengths[~whole].sum()) // self.most_bases))
        num_blocks = -(-lengths // self.block_length)
        num_held_out = np.where(whole, 1, np.maximum(-(-(num_blocks - self.offset) // every), 0))
        contig = np.repeat(np.arange(len(contigs)), num_held_out)
        number = np.arange(len(contig)) - np.repeat(np.cumsum(num_held_out) - num_held_out, num_held_out)
        start = contigs[contig, 0] + (self.offset + number * every) * self.block_length
        start = np.where(whole[contig], contigs[contig, 0], start)
        end = np.where(whole[contig], contigs[contig, 1], np.minimum(start + self.block_length, contigs[contig, 1]))
        return np.column_stack([start, end])
