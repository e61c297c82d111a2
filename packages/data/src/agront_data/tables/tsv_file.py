"""TSV: a comment line with the metadata as JSON, a header, and a line a row; for words and numbers, not for vectors.

`pandas.read_table(path, skiprows=1)` reads it. What is missing is an empty field.
"""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from agront_data.tables.finished_parts import FinishedParts


def write(path: Path, parts: FinishedParts, metadata: Mapping[str, Any]) -> None:
    """Writes all parts, one in memory at a time; numbers with as many digits as tell them from all others."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {json.dumps(metadata)}\n")
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(parts.schema.names)
        for batch in parts.batches():
            writer.writerows(zip(*(column.cast(pa.string()).to_pylist() for column in batch.columns), strict=True))
