"""The rows of a Parquet file as text, for those who read tables of any format."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def parquet_rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yields each row: file and number, for messages; and its fields by column, empty where one is missing.

    Raises:
        ValueError: The file is no Parquet, or is damaged.
    """
    number = 0
    try:
        for batch in pq.ParquetFile(path).iter_batches():
            for row in batch.to_pylist():
                number += 1
                yield f"{path}: row {number}", {name: "" if each is None else str(each) for name, each in row.items()}
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"{path}: cannot be read as Parquet ({error}); fetch or write it again") from error
