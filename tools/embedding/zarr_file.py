"""Zarr, format 3: a group of one array a column; metadata is the group's attributes."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import zarr

from embedding.embedding_table import EmbeddingTable, as_numpy, regroup
from embedding.finished_parts import FinishedParts

_CHUNK_BYTES = 1 << 20
# A file holds so many chunks: few files, and yet single chunks can be read.
_CHUNKS_IN_SHARD = 64


def write(path: Path, table: EmbeddingTable, parts: FinishedParts, metadata: Mapping[str, Any]) -> None:
    """Write all parts, a shard of at most 64 MB in memory at a time."""
    num_rows = parts.num_rows
    chunk = max(1, min(num_rows, _CHUNK_BYTES // table.row_bytes))
    shard = chunk * min(_CHUNKS_IN_SHARD, -(-num_rows // chunk))
    group = zarr.create_group(path, zarr_format=3, attributes=dict(metadata))
    arrays = {}
    for field in table.schema:
        width = (table.embed_dim,) if pa.types.is_fixed_size_list(field.type) else ()
        dtype = "float32" if width else str if pa.types.is_string(field.type) else field.type.to_pandas_dtype()
        arrays[field.name] = group.create_array(
            field.name, shape=(num_rows, *width), dtype=dtype, chunks=(chunk, *width), shards=(shard, *width)
        )
    for batch, first in zip(regroup(parts.batches(), shard), itertools.count(0, shard), strict=False):
        for name, array in arrays.items():
            array[first : first + batch.num_rows] = as_numpy(batch.column(name))


def read_metadata(path: Path) -> dict[str, Any]:
    """The metadata that `write` was given.

    Raises:
        ValueError: it is no such group.
    """
    return dict(_open(path).attrs)


def count_rows(path: Path) -> int:
    """Number of rows."""
    return zarr.open_array(path / "start", mode="r").shape[0]


def column_names(path: Path) -> list[str]:
    """Names of the columns."""
    return sorted(_open(path).array_keys())


def read_columns(path: Path, names: Sequence[str], rows: np.ndarray) -> dict[str, np.ndarray]:
    """Some rows, in ascending order, of some columns."""
    return {name: np.asarray(zarr.open_array(path / name, mode="r").oindex[rows]) for name in names}


def _open(path: Path) -> zarr.Group:
    try:
        return zarr.open_group(path, mode="r")
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{path}: was not written by embed.py ({error})") from error
