"""`StoreKnownRuns`: where the contigs of a genome in a store have A, T, C, G."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Int64

from agront_data.store import GenomeStore


class StoreKnownRuns(NamedTuple):
    """The runs of N of a genome, read once for all of its contigs.

    Attributes:
        places: First base of each contig and the base behind its last one, in the genome's array, by name.
        n_runs: Runs of N, sorted, as start and end (half-open) in the genome's array.
    """

    places: Mapping[str, tuple[int, int]]
    n_runs: Int64[np.ndarray, "N 2"]

    @classmethod
    def read(cls, store: GenomeStore, species: str | None) -> "StoreKnownRuns":
        """Reads them.

        Args:
            store: The store.
            species: The genome's name in the store; the first genome where it is None.

        Raises:
            ValueError: No genome has the name, or data of the store are damaged.
        """
        genome = store.indices_of(species)[0]
        contigs = store.genomes[genome].contigs
        return cls({each.name: (each.start, each.start + each.length) for each in contigs}, store.n_runs(genome))

    def of(self, contig: str) -> Int64[np.ndarray, "R 2"]:
        """Returns the runs of A, T, C, G of a contig.

        Args:
            contig: The contig's name.

        Returns:
            Their starts and ends (half-open) within the contig.
        """
        start, end = self.places[contig]
        # Those that have a base of the contig.
        first, last = np.searchsorted(self.n_runs[:, 1], start, side="right"), np.searchsorted(self.n_runs[:, 0], end)
        edges = np.concatenate([[start], np.clip(self.n_runs[first:last], start, end).reshape(-1), [end]])
        runs = edges.reshape(-1, 2) - start
        return runs[runs[:, 0] < runs[:, 1]]
