"""Parquet: one table; vectors are fixed-size lists, metadata is JSON under the key `agront` of the schema."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from agront_data.tables.finished_parts import FinishedParts
from agront_data.tables.record_batches import as_numpy, regroup, row_bytes

_KEY = b"agront"
_GROUP_BYTES = 1 << 26
_BATCH_ROWS = 4096


# Paths are absolute, since pyarrow takes a relative one with a colon in it for an address: chr1:100-200.parquet.


def write(path: Path, parts: FinishedParts, metadata: Mapping[str, Any]) -> None:
    """Writes all parts, a row group of at most 64 MB at a time."""
    schema = parts.schema.with_metadata({_KEY: json.dumps(metadata)})
    words = [field.name for field in schema if pa.types.is_string(field.type)]
    options = {"compression": "zstd", "use_dictionary": words, "write_page_checksum": True}
    with pq.ParquetWriter(path.absolute(), schema, **options) as writer:
        for batch in regroup(parts.batches(), max(1, _GROUP_BYTES // row_bytes(schema))):
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))


def read_metadata(path: Path) -> dict[str, Any]:
    """Returns the metadata that `write` was given.

    Raises:
        ValueError: It is no such file.
    """
    try:
        return json.loads((pq.read_schema(path.absolute()).metadata or {})[_KEY])
    except (pa.ArrowInvalid, KeyError, ValueError) as error:
        raise ValueError(f"{path}: is not a table of agront_data, or is damaged") from error


def count_rows(path: Path) -> int:
    """Returns the number of rows."""
    return pq.read_metadata(path.absolute()).num_rows


def column_names(path: Path) -> list[str]:
    """Returns the names of the columns."""
    return pq.read_schema(path.absolute()).names


def read_columns(path: Path, names: Sequence[str], rows: np.ndarray) -> dict[str, np.ndarray]:
    """Returns some rows, in ascending order, of some columns; a few thousand rows in memory at a time."""
    kept: list[pa.RecordBatch] = []
    first = 0
    with pq.ParquetFile(path.absolute()) as file:
        for batch in file.iter_batches(_BATCH_ROWS, columns=list(names)):
            here = rows[(rows >= first) & (rows < first + batch.num_rows)] - first
            kept.append(batch.take(pa.array(here)))
            first += batch.num_rows
    whole = pa.concat_batches(kept)
    return {name: as_numpy(whole.column(name)) for name in names}
