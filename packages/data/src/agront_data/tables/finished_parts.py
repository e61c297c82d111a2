"""`FinishedParts`: a table that is complete, in its parts."""

import dataclasses
from collections.abc import Iterable, Iterator
from functools import partial

import pyarrow as pa

from agront_data.tables.finite_results import check_finite
from agront_data.tables.part_files import PartFiles


@dataclasses.dataclass(frozen=True, kw_only=True)
class FinishedParts:
    """The parts that hold all rows of a table.

    Attributes:
        files: The folder that they are in.
        schema: Names and types of the table's columns.
        num_parts: How many of them there are, from the first on.
        num_rows: Rows of the table that were computed.
    """

    files: PartFiles
    schema: pa.Schema
    num_parts: int
    num_rows: int

    def check(self) -> None:
        """Reads every part once, before an output is made of them.

        Raises:
            ValueError: One is damaged, or their rows are not as many as were computed.
            FloatingPointError: A result is not finite.
        """
        num_rows = 0
        for number in range(self.num_parts):
            self.files.read(number)
            batch = self.files.batch(number)
            # Also those of an earlier call, perhaps by a version that did not look.
            check_finite(batch, partial(self._name_of, num_rows))
            num_rows += batch.num_rows
        if num_rows != self.num_rows:
            raise ValueError(
                f"{self.files.folder}: holds {num_rows:,} rows, and {self.num_rows:,} were computed: something else "
                "has written there. Remove that folder to begin anew"
            )

    def _name_of(self, first: int, row: int) -> str:
        return f"{self.files.folder} (remove it to begin anew), row {first + row + 1:,}"

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """Yields the parts' contents in order, one in memory at a time; some columns or all."""
        for number in range(self.num_parts):
            batch = self.files.batch(number)
            yield batch if columns is None else batch.select(list(columns))
