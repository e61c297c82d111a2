"""The windows of a grid by contig and by species."""

import numpy as np
from jaxtyping import Int64

from agront_data.windows.window_grid import WindowGrid


def count_windows_by_contig(grid: WindowGrid, genome: int) -> Int64[np.ndarray, "C"]:
    """Counts the windows of each contig of a genome, 0 for a contig without windows.

    Args:
        grid: The windows.
        genome: Index into `grid.store.genomes`.
    """
    contig_starts = grid.store.genomes[genome].contig_starts
    first, end = grid.first_windows[genome : genome + 2]
    contig = np.searchsorted(contig_starts, grid.locate(np.arange(first, end)).start, side="right") - 1
    return np.bincount(contig, minlength=len(contig_starts))


def species_of_windows(grid: WindowGrid) -> list[str]:
    """Returns the species of each window, by its number."""
    counts = np.diff(grid.first_windows).tolist()
    return [genome.name for genome, count in zip(grid.store.genomes, counts, strict=True) for _ in range(count)]
