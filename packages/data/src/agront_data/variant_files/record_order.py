"""`RecordOrder`: whether records come sorted, as an index wants them, seen as they pass."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from agront_data.variants import VariantRecord


class RecordOrder:
    """What is known of the order of the records so far.

    Attributes:
        is_sorted: Whether each contig's records follow each other, none before the position of the one before it.
        num_records: How many there were.
        end: The largest end of a reference allele, counted from 0.
    """

    def __init__(self) -> None:
        """Begins without a record."""
        self.is_sorted = True
        self.num_records = 0
        self.end = 0
        self._contigs: set[str] = set()
        self._last: tuple[str, int] | None = None

    def add(self, record: VariantRecord) -> None:
        """Takes account of the next record."""
        self.add_place(record.contig, record.position, len(record.reference))

    def add_place(self, contig: str, position: int, num_bases: int) -> None:
        """Takes account of the next record, whose reference allele has so many bases."""
        if self._last is None or contig != self._last[0]:
            self.is_sorted &= contig not in self._contigs
            self._contigs.add(contig)
        else:
            self.is_sorted &= position >= self._last[1]
        self._last = contig, position
        self.num_records += 1
        self.end = max(self.end, position + num_bases)

    def add_places(self, contigs: Sequence[str], positions: Int64[np.ndarray, "R"], sizes: Sequence[int]) -> None:
        """Takes account of many records that follow each other; see `add_place`."""
        if not contigs:
            return
        # Where all are on one contig, and in order, the first and the last tell.
        if contigs.count(contigs[0]) == len(contigs) and (np.diff(positions) >= 0).all():
            largest = int((positions + np.array(sizes)).max())
            self.add_place(contigs[0], int(positions[0]), 0)
            self.add_place(contigs[0], int(positions[-1]), largest - int(positions[-1]))
            self.num_records += len(contigs) - 2
            return
        for place in zip(contigs, positions.tolist(), sizes, strict=True):
            self.add_place(*place)
