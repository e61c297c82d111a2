"""`RecordOrder`: whether records come sorted, as an index wants them, seen as they pass."""

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
        contig, position = record.contig, record.position
        if self._last is None or contig != self._last[0]:
            self.is_sorted &= contig not in self._contigs
            self._contigs.add(contig)
        else:
            self.is_sorted &= position >= self._last[1]
        self._last = contig, position
        self.num_records += 1
        self.end = max(self.end, position + len(record.reference))
