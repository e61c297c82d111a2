"""Windows of a genome store, each with a number; and the split into training and held-out sequence.

>>> from agront_data.windows import HeldOut, WindowGrid, Windows
>>> grid = WindowGrid.build(store, Windows(length=6138), HeldOut(every=10), "training")  # doctest: +SKIP
>>> grid.describe(grid.locate([0]))  # doctest: +SKIP
"""

from agront_data.windows.contig_windows import count_windows_by_contig, species_of_windows
from agront_data.windows.corpus_intervals import contig_intervals, corpus_n_runs, genome_offsets, subtract_intervals
from agront_data.windows.held_out import HeldOut, Part
from agront_data.windows.skipped_windows import describe_skipped
from agront_data.windows.window_grid import WindowGrid
from agront_data.windows.windows import CHUNK_SCHEMES, Intervals, Origin, Windows

__all__ = [
    "CHUNK_SCHEMES",
    "HeldOut",
    "Intervals",
    "Origin",
    "Part",
    "WindowGrid",
    "Windows",
    "contig_intervals",
    "corpus_n_runs",
    "count_windows_by_contig",
    "describe_skipped",
    "genome_offsets",
    "species_of_windows",
    "subtract_intervals",
]
