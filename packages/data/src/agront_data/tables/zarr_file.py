"""Zarr, format 3: a group of one array a column; metadata is the group's attributes."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import zarr

from agront_data.tables.finished_parts import FinishedParts
from agront_data.tables.record_batches import as_numpy, is_vector, regroup, row_bytes

_CHUNK_BYTES = 1 << 20
# A file holds so many chunks: few files, and yet single chunks can be read.
_CHUNKS_IN_SHARD = 64


def write(path: Path, parts: FinishedParts, metadata: Mapping[str, Any]) -> None:
    """Writes all parts, a shard of at most 64 MB in memory at a time."""
    num_rows = parts.num_rows
    chunk = max(1, min(num_rows, _CHUNK_BYTES // row_bytes(parts.schema)))
    shard = chunk * min(_CHUNKS_IN_SHARD, max(1, -(-num_rows // chunk)))
    group = zarr.create_group(path, zarr_format=3, attributes=dict(metadata))
    arrays = {}
    for field in parts.schema:
        width = (field.type.list_size,) if is_vector(field) else ()
        kind = field.type.value_type if width else field.type
        dtype = str if pa.types.is_string(kind) else kind.to_pandas_dtype()
        arrays[field.name] = group.create_array(
            field.name, shape=(num_rows, *width), dtype=dtype, chunks=(chunk, *width), shards=(shard, *width)
        )
    for batch, first in zip(regroup(parts.batches(), shard), itertools.count(0, shard), strict=False):
        for name, array in arrays.items():
            array[first : first + batch.num_rows] = as_numpy(batch.column(name))


def read_metadata(path: Path) -> dict[str, Any]:
    """Returns the metadata that `write` was given.

    Raises:
        ValueError: It is no such group.
    """
    return dict(_open(path).attrs)


def count_rows(path: Path) -> int:
    """Returns the number of rows."""
    return next(_open(path).arrays())[1].shape[0]


def column_names(path: Path) -> list[str]:
    """Returns the names of the columns."""
    return sorted(_open(path).array_keys())


def read_columns(path: Path, names: Sequence[str], rows: np.ndarray) -> dict[str, np.ndarray]:
    """Returns some rows, in ascending order, of some columns."""
    return {name: np.asarray(zarr.open_array(path / name, mode="r").oindex[rows]) for name in names}


def _open(path: Path) -> zarr.Group:
    try:
        return zarr.open_group(path, mode="r")
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(f"{path}: is not a table of agront_data ({error})") from error
