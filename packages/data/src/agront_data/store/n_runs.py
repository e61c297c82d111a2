"""Runs of N: found once while a genome is written, so that later steps need not scan it."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int64


def find_runs(marked: Bool[np.ndarray, "W"]) -> Int64[np.ndarray, "R 2"]:
    """Returns start and end (half-open) of each maximal run of True."""
    edges = np.flatnonzero(marked[1:] != marked[:-1]) + 1
    if marked.size and marked[0]:
        edges = np.concatenate([[0], edges])
    if marked.size and marked[-1]:
        edges = np.concatenate([edges, [marked.size]])
    return edges.astype(np.int64).reshape(-1, 2)


def join_touching(runs: Int64[np.ndarray, "R 2"], borders: Int64[np.ndarray, "C"]) -> Int64[np.ndarray, "S 2"]:
    """Returns sorted runs with those that touch made one, except where they touch at a border (of two contigs)."""
    apart = (runs[1:, 0] != runs[:-1, 1]) | np.isin(runs[1:, 0], borders)
    first, last = np.ones(len(runs), bool), np.ones(len(runs), bool)
    first[1:] = last[:-1] = apart
    return np.column_stack([runs[first, 0], runs[last, 1]])


class NRuns(NamedTuple):
    """Sorted, disjoint runs of N that answer how many N an interval holds.

    Attributes:
        start: First base of each run.
        end: Base after the last of each run.
        before: Number of N in all runs before each run, and in all of them at the end.
    """

    start: Int64[np.ndarray, "R"]
    end: Int64[np.ndarray, "R"]
    before: Int64[np.ndarray, "R+1"]

    @classmethod
    def from_array(cls, runs: Int64[np.ndarray, "R 2"]) -> "NRuns":
        """Makes the table from starts and ends."""
        start, end = np.ascontiguousarray(runs[:, 0]), np.ascontiguousarray(runs[:, 1])
        return cls(start, end, np.concatenate([[0], np.cumsum(end - start)]))

    def longer_than(self, length: float) -> Int64[np.ndarray, "S 2"]:
        """Returns the runs of more than `length` bases."""
        long = self.end - self.start > length
        return np.column_stack([self.start[long], self.end[long]])

    def count_in(self, start: Int64[np.ndarray, "B"], end: Int64[np.ndarray, "B"]) -> Int64[np.ndarray, "B"]:
        """Returns the number of N in each interval [start, end)."""
        if not len(self.start):
            return np.zeros(len(start), np.int64)
        return self._count_below(end) - self._count_below(start)

    def _count_below(self, position: Int64[np.ndarray, "B"]) -> Int64[np.ndarray, "B"]:
        runs = np.searchsorted(self.start, position, side="right")
        # The last run that starts at or below the position may reach beyond it.
        beyond = np.maximum(self.end[runs - 1] - position, 0)
        return np.where(runs > 0, self.before[runs] - beyond, 0)
