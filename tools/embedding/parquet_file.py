"""Parquet: one table; embeddings are fixed-size lists, metadata is JSON under the key `agront` of the schema."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from embedding.embedding_table import EmbeddingTable, as_numpy, regroup
from embedding.finished_parts import FinishedParts

_KEY = b"agront"
_GROUP_BYTES = 1 << 26
_BATCH_ROWS = 4096


def write(path: Path, table: EmbeddingTable, parts: FinishedParts, metadata: Mapping[str, Any]) -> None:
    """Write all parts, a row group of at most 64 MB at a time."""
    schema = table.schema.with_metadata({_KEY: json.dumps(metadata)})
    words = [field.name for field in schema if pa.types.is_string(field.type)]
    options = {"compression": "zstd", "use_dictionary": words, "write_page_checksum": True}
    with pq.ParquetWriter(path, schema, **options) as writer:
        for batch in regroup(parts.batches(), max(1, _GROUP_BYTES // table.row_bytes)):
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))


def read_metadata(path: Path) -> dict[str, Any]:
    """The metadata that `write` was given.

    Raises:
        ValueError: it is no such file.
    """
    try:
        return json.loads((pq.read_schema(path).metadata or {})[_KEY])
    except (pa.ArrowInvalid, KeyError, ValueError) as error:
        raise ValueError(f"{path}: was not written by embed.py, or is damaged; give another name with --out") from error


def count_rows(path: Path) -> int:
    """Number of rows."""
    return pq.read_metadata(path).num_rows


def column_names(path: Path) -> list[str]:
    """Names of the columns."""
    return pq.read_schema(path).names


def read_columns(path: Path, names: Sequence[str], rows: np.ndarray) -> dict[str, np.ndarray]:
    """Some rows, in ascending order, of some columns; a few thousand rows in memory at a time."""
    kept: list[pa.RecordBatch] = []
    first = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH_ROWS, columns=list(names)):
            here = rows[(rows >= first) & (rows < first + batch.num_rows)] - first
            kept.append(batch.take(pa.array(here)))
            first += batch.num_rows
    whole = pa.concat_batches(kept)
    return {name: as_numpy(whole.column(name)) for name in names}
