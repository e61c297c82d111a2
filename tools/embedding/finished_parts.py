"""What an output is put together from."""

import dataclasses
from collections.abc import Iterable, Iterator

import pyarrow as pa

from embedding.part_files import PartFiles


@dataclasses.dataclass(frozen=True, kw_only=True)
class FinishedParts:
    """The parts that hold all of the input.

    Attributes:
        files: the folder that they are in.
        num_parts: how many of them there are, from the first on.
        num_rows: rows that were embedded.
    """

    files: PartFiles
    num_parts: int
    num_rows: int

    def check(self) -> None:
        """Reads every part once, before an output is made of them.

        Raises:
            ValueError: one is damaged, or their rows are not as many as were embedded.
        """
        num_rows = 0
        for number in range(self.num_parts):
            self.files.read(number)
            num_rows += self.files.batch(number).num_rows
        if num_rows != self.num_rows:
            raise ValueError(
                f"{self.files.folder}: holds {num_rows:,} rows, and {self.num_rows:,} were embedded: something else "
                "has written there. Remove that folder to begin anew"
            )

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The parts' contents in order, one in memory at a time; some columns or all."""
        for number in range(self.num_parts):
            batch = self.files.batch(number)
            yield batch if columns is None else batch.select(list(columns))
