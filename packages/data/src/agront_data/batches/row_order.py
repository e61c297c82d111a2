"""`RowOrder`: which window, start and strand each row of a run has, from its number alone."""

import dataclasses
from functools import cached_property
from typing import Literal

import numpy as np
from jaxtyping import Bool, Int64, UInt64

from agront_data.batches.mixture import CYCLE, PROPORTIONAL, Mixture
from agront_data.batches.permutation import permute
from agront_data.random_draws import draw
from agront_data.windows import Intervals, Origin, WindowGrid

_SHIFT_STREAM, _STRAND_STREAM, _PASS_STREAM, _CYCLE_STREAM = range(4)
# Above the number of a pass, so that each pass of each genome draws a key of its own.
_PASS_BITS = np.uint64(40)


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class RowOrder:
    """The rows of a run, numbered from 0 without end. There is no state: a row is a function of seed and number.

    In proportion, row r is place r mod n of pass ⌊r / n⌋ over the grid's n windows, each pass in an order of its own.

    In a weighted mixture, rows come in cycles of 2²⁰. A cycle has a fixed number of slots for each genome, in an order
    of its own; slot i of a genome that has s slots is, in cycle c, number c · s + i of that genome's windows, which
    follow pass by pass, each in an order of its own. So shares are exact in every cycle, and a genome's windows come
    once in each of its passes; passes that fall into one cycle are mingled there.

    Attributes:
        grid: The windows to train on.
        seed: 0 to 2³² − 1.
        mixture: How rows are shared among genomes.
        both_strands: Whether half of the rows (drawn) are the reverse complement.

    Raises:
        ValueError: The seed is out of range, the grid is of held-out windows, or the mixture is not of its genomes.
    """

    grid: WindowGrid
    seed: int
    mixture: Mixture = PROPORTIONAL
    both_strands: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"`seed` is {self.seed}; it must be 0 to {2**32 - 1}")
        if self.grid.part != "training":
            raise ValueError("the grid holds held-out windows; build one with part='training' to train on")
        _ = self._slots

    def shares(self) -> dict[str, float]:
        """Returns the share of rows that each genome has, by name."""
        slots = self._windows_of_genome if self.mixture.is_proportional else self._slots
        return {name: float(share) for name, share in zip(self._names, slots / slots.sum(), strict=True)}

    def expected_passes(self, num_rows: int) -> dict[str, float]:
        """Returns how often each window of a genome comes up in so many rows, by genome; 0 for one without windows."""
        windows = dict(zip(self._names, self._windows_of_genome.tolist(), strict=True))
        return {name: num_rows * share / max(windows[name], 1) for name, share in self.shares().items()}

    def locate(self, rows: Int64[np.ndarray, "B"]) -> tuple[Intervals, Bool[np.ndarray, "B"]]:
        """Returns where rows lie, and which of them are reverse complements.

        Args:
            rows: Global row numbers: step · batch size + place in the global batch.

        Raises:
            ValueError: A number is below 0.
        """
        if rows.min(initial=0) < 0:
            raise ValueError(f"row is {rows.min()}; rows are numbered from 0")
        keys = rows.astype(np.uint64)
        intervals = self.grid.locate(self._windows(rows), draw(self.seed, _SHIFT_STREAM, keys))
        if not self.both_strands:
            return intervals, np.zeros(len(rows), bool)
        return intervals, draw(self.seed, _STRAND_STREAM, keys) >> np.uint64(63) == 1

    def origin(self, row: int) -> Origin:
        """Returns species, contig, start, end and strand of a row.

        Raises:
            ValueError: The number is below 0.
        """
        intervals, reverse = self.locate(np.array([row]))
        strand: Literal["+", "-"] = "-" if reverse[0] else "+"
        return self.grid.describe(intervals)[0]._replace(strand=strand)

    @property
    def _names(self) -> list[str]:
        return [genome.name for genome in self.grid.store.genomes]

    @cached_property
    def _windows_of_genome(self) -> Int64[np.ndarray, "G"]:
        return np.diff(self.grid.first_windows)

    @cached_property
    def _slots(self) -> Int64[np.ndarray, "G"]:
        sizes = dict(zip(self._names, self._windows_of_genome.tolist(), strict=True))
        return np.array(list(self.mixture.rows_in_cycle(sizes).values()), np.int64)

    def _windows(self, rows: Int64[np.ndarray, "B"]) -> Int64[np.ndarray, "B"]:
        """Returns the numbers of the windows that rows hold."""
        if self.mixture.is_proportional:
            return self._in_passes(rows, np.full(len(rows), len(self.grid)), np.zeros(len(rows), np.uint64))
        cycle, place = np.divmod(rows, CYCLE)
        keys = draw(self.seed, _CYCLE_STREAM, cycle.astype(np.uint64))
        slot = permute(place, np.full(len(rows), CYCLE), keys)
        slots_before = np.concatenate([[0], np.cumsum(self._slots)])
        genome = np.searchsorted(slots_before, slot, side="right") - 1
        number = cycle * self._slots[genome] + slot - slots_before[genome]
        place = self._in_passes(number, self._windows_of_genome[genome], genome.astype(np.uint64))
        return self.grid.first_windows[genome] + place

    def _in_passes(
        self, number: Int64[np.ndarray, "B"], size: Int64[np.ndarray, "B"], genome: UInt64[np.ndarray, "B"]
    ) -> Int64[np.ndarray, "B"]:
        """Returns what stands at places of the endless passes over `size` things, each pass in an order of its own."""
        pass_number, place = np.divmod(number, size)
        keys = draw(self.seed, _PASS_STREAM, genome << _PASS_BITS | pass_number.astype(np.uint64))
        return permute(place, size, keys)
