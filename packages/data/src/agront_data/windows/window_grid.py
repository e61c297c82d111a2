"""`WindowGrid`: every window of a store has a number; from the number follow species, contig and start."""

import dataclasses
import hashlib
import json
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Int64, UInt64

from agront_data.store import GenomeStore, NRuns, SoftMask
from agront_data.windows.corpus_intervals import corpus_n_runs, corpus_soft_mask, genome_offsets, subtract_intervals
from agront_data.windows.held_out import HeldOut, Part
from agront_data.windows.windows import Intervals, Origin, Windows

_WINDOWS_AT_ONCE = 1 << 20


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class WindowGrid:
    """The windows of one part of a store, numbered from 0; make one with `WindowGrid.build`.

    A stretch is a maximal interval of a contig's training or held-out part without a run of N longer than
    `max_n_fraction` · `length`. In training, window i of a stretch starts at i · stride, the last one such that it ends
    with the stretch: every base of a stretch lies in a window, or comes into one by its random start where the overlap
    is negative. Held-out stretches are tiled without overlap, the last tile short: every base lies in exactly one. Of
    these windows, those with too many N are then skipped, and of the training windows those with too much soft-mask.

    Memory holds stretches, runs of N and the numbers of skipped windows; not the windows.

    Attributes:
        store: The genomes.
        windows: How they are cut.
        held_out: What is held out.
        part: Whether these are the windows to train on or the held-out ones.
        short_windows: Number of windows shorter than `windows.length`.
        skipped_short: Number of stretches skipped because they are shorter than a window.
        skipped_n: Number of windows skipped because they hold too many N.
        skipped_soft_masked: Number of other windows skipped because too much of them is soft-masked.
    """

    store: GenomeStore
    windows: Windows
    held_out: HeldOut
    part: Part
    short_windows: int
    skipped_short: int
    skipped_n: int
    skipped_soft_masked: int
    _stretches: Int64[np.ndarray, "S 2"] = dataclasses.field(repr=False)
    _first_window: Int64[np.ndarray, "S+1"] = dataclasses.field(repr=False)
    _skipped: Int64[np.ndarray, "K"] = dataclasses.field(repr=False)
    _n_runs: NRuns = dataclasses.field(repr=False)
    _soft_mask: SoftMask | None = dataclasses.field(repr=False)

    @classmethod
    def build(cls, store: GenomeStore, windows: Windows, held_out: HeldOut, part: Part = "training") -> "WindowGrid":
        """Lays windows over one part of a store.

        Raises:
            ValueError: No window is left, or a held-out genome or contig is not in the store.
        """
        n_runs = NRuns.from_array(corpus_n_runs(store))
        intervals = held_out.part_intervals(store, part)
        stretches = subtract_intervals(intervals, n_runs.longer_than(windows.max_n_fraction * windows.length))
        lengths = stretches[:, 1] - stretches[:, 0]
        if part == "held_out":
            num_windows = -(-lengths // windows.length)
            is_short = lengths % windows.length > 0
        else:
            num_windows = np.maximum(-(-(lengths - windows.length) // windows.stride), 0) + 1
            is_short = lengths < windows.length
            if windows.short == "skip":
                num_windows[is_short] = 0
        used = num_windows > 0
        grid = cls(
            store=store,
            windows=windows,
            held_out=held_out,
            part=part,
            short_windows=int(is_short[used].sum()),
            skipped_short=int((~used).sum()),
            skipped_n=0,
            skipped_soft_masked=0,
            _stretches=stretches[used],
            _first_window=np.concatenate([[0], np.cumsum(num_windows[used])]),
            _skipped=np.empty(0, np.int64),
            _n_runs=n_runs,
            _soft_mask=corpus_soft_mask(store) if part == "training" and windows.max_soft_masked_fraction < 1 else None,
        )
        grid = grid._without_skipped()
        if not len(grid):
            raise ValueError(_why_empty(grid, intervals, stretches))
        return grid

    def __len__(self) -> int:
        return int(self._first_window[-1]) - len(self._skipped)

    @cached_property
    def first_windows(self) -> Int64[np.ndarray, "G_plus_1"]:
        """Number of the first window of each genome, and at the end of all windows: genome g has those between."""
        place = self._first_window[np.searchsorted(self._stretches[:, 0], self._offsets)]
        return place - np.searchsorted(self._skipped, place)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of all that decides which window bears which number: store contents, windows, held-out sequence."""
        windows = {**dataclasses.asdict(self.windows), "random_start": self.windows.largest_shift}
        held_out = dataclasses.asdict(self.held_out)
        if self.held_out.most_bases is None:
            del held_out["most_bases"]  # younger than the fingerprints of older runs
        parts = [self.store.fingerprint, windows, held_out, self.part]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def locate(self, number: Int64[np.ndarray, "B"], shift_draw: UInt64[np.ndarray, "B"] | None = None) -> Intervals:
        """Returns where windows lie.

        Args:
            number: Numbers of windows, 0 to `len(self)` − 1.
            shift_draw: A uniform 64-bit draw for each window, which moves a training window to the right, by at most
                `random_start` bases and never out of its stretch. A move that would bring too many N or too much
                soft-mask into the window is not made. Held-out windows never move. None for no moves.

        Raises:
            ValueError: There is no window of that number.
        """
        number = np.asarray(number, np.int64)
        if np.any((number < 0) | (number >= len(self))):
            raise ValueError(f"windows {number.min()} to {number.max()} asked for; the grid has 0 to {len(self) - 1}")
        # Skipped window j stands before all numbers from skipped[j] - j on.
        skipped_before = np.searchsorted(self._first_after_skipped, number, side="right")
        start, end, stretch_end = self._place(number + skipped_before)
        if shift_draw is not None and self.part == "training":
            room = np.minimum(self.windows.largest_shift, stretch_end - end)
            shift = (shift_draw % (room + 1).astype(np.uint64)).astype(np.int64)
            has_n, is_masked = self._unwanted(start + shift, end + shift)
            shift[has_n | is_masked] = 0
            start, end = start + shift, end + shift
        genome = np.searchsorted(self._offsets, start, side="right") - 1
        return Intervals(genome, start - self._offsets[genome], end - start)

    def describe(self, intervals: Intervals) -> list[Origin]:
        """Returns species, contig, and start and end within the contig of each window."""
        origins = []
        for genome, start, length in np.column_stack(intervals).tolist():
            entry = self.store.genomes[genome]
            contig = entry.contigs[int(np.searchsorted(entry.contig_starts, start, side="right")) - 1]
            first = start - contig.start
            origins.append(Origin(entry.name, contig.name, first, first + length, "+"))
        return origins

    @cached_property
    def _first_after_skipped(self) -> Int64[np.ndarray, "K"]:
        return self._skipped - np.arange(len(self._skipped))

    @cached_property
    def _offsets(self) -> Int64[np.ndarray, "G_plus_1"]:
        return genome_offsets(self.store)

    def _place(self, place: Int64[np.ndarray, "B"]) -> tuple[Int64[np.ndarray, "B"], ...]:
        """Returns start, end and end of the stretch of windows numbered as before any was skipped."""
        stretch = np.searchsorted(self._first_window, place, side="right") - 1
        stretch_start, stretch_end = self._stretches[stretch].T
        length, number = self.windows.length, place - self._first_window[stretch]
        if self.part == "held_out":
            start = stretch_start + number * length
        else:
            last_start = np.maximum(stretch_end - length, stretch_start)
            start = np.minimum(stretch_start + number * self.windows.stride, last_start)
        return start, np.minimum(start + length, stretch_end), stretch_end

    def _unwanted(
        self, start: Int64[np.ndarray, "B"], end: Int64[np.ndarray, "B"]
    ) -> tuple[Bool[np.ndarray, "B"], Bool[np.ndarray, "B"]]:
        """Returns which intervals hold too many N, and which others are soft-masked too far."""
        has_n = self._n_runs.count_in(start, end) > self.windows.max_n_fraction * (end - start)
        if self._soft_mask is None:
            return has_n, np.zeros(len(start), bool)
        most = self.windows.max_soft_masked_fraction * (end - start)
        return has_n, ~has_n & (self._soft_mask.count_in(start, end) > most)

    def _without_skipped(self) -> "WindowGrid":
        if not len(self._n_runs.start) and self._soft_mask is None:
            return self
        skipped, num_n, num_short = [np.empty(0, np.int64)], 0, self.short_windows
        for first in range(0, len(self), _WINDOWS_AT_ONCE):
            places = np.arange(first, min(first + _WINDOWS_AT_ONCE, len(self)))
            start, end, _ = self._place(places)
            has_n, is_masked = self._unwanted(start, end)
            skipped.append(places[has_n | is_masked])
            num_n += int(has_n.sum())
            num_short -= int((end - start < self.windows.length)[has_n | is_masked].sum())
        numbers = np.concatenate(skipped)
        return dataclasses.replace(
            self,
            _skipped=numbers,
            skipped_n=num_n,
            skipped_soft_masked=len(numbers) - num_n,
            short_windows=num_short,
        )


def _why_empty(grid: WindowGrid, intervals: Int64[np.ndarray, "I 2"], stretches: Int64[np.ndarray, "S 2"]) -> str:
    place = f"{grid.store.location}: no window to take from the {grid.part.replace('_', '-')} sequence"
    if not len(intervals):
        if grid.part == "held_out":
            return (
                f"{place}: nothing is held out, or no contig reaches block {grid.held_out.offset} of "
                f"{grid.held_out.block_length} bases; name some `contigs`, or lower block_length or `offset`"
            )
        return f"{place}: all of it is held out; hold out less (`every`, `contigs`, `genomes`)"
    if grid.skipped_soft_masked:
        return f"{place}: all windows are soft-masked too far; raise max_soft_masked_fraction"
    if not len(stretches) or grid.skipped_n:
        return f"{place}: all windows hold more than {grid.windows.max_n_fraction:.0%} N; raise max_n_fraction"
    longest = int((stretches[:, 1] - stretches[:, 0]).max())
    return (
        f"{place}: all contigs are shorter than a window of {grid.windows.length} bases (the longest stretch has "
        f"{longest}); take a smaller `length`, or pad for `short`"
    )
