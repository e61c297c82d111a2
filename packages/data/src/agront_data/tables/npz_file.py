"""NPZ: a zip of one `.npy` file a column, and `metadata`, a JSON string; nothing in it is pickled.

Words are as wide as the longest one of their column, 4 bytes a letter, in every row: one long id makes the file large.
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from agront_data.tables.finished_parts import FinishedParts
from agront_data.tables.record_batches import as_numpy, is_vector

_METADATA = "metadata"


def write(path: Path, parts: FinishedParts, metadata: Mapping[str, Any]) -> None:
    """Writes all parts, column by column, a part in memory at a time."""
    with zipfile.ZipFile(path, "w") as file:
        _write_array(file, _METADATA, np.array(json.dumps(metadata)))
        for field in parts.schema:
            dtype = _numpy_type(field, parts)
            shape = (parts.num_rows, field.type.list_size) if is_vector(field) else (parts.num_rows,)
            with file.open(zipfile.ZipInfo(f"{field.name}.npy"), "w", force_zip64=True) as member:
                header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(member, header)
                for batch in parts.batches([field.name]):
                    member.write(np.ascontiguousarray(as_numpy(batch.column(0)), dtype).tobytes())


def _write_array(file: zipfile.ZipFile, name: str, array: np.ndarray) -> None:
    with file.open(zipfile.ZipInfo(f"{name}.npy"), "w") as member:
        np.lib.format.write_array(member, array, allow_pickle=False)


def _numpy_type(field: pa.Field, parts: FinishedParts) -> np.dtype:
    if is_vector(field):
        return np.dtype(field.type.value_type.to_pandas_dtype())
    if pa.types.is_string(field.type):
        words = (word for batch in parts.batches([field.name]) for word in as_numpy(batch.column(0)))
        return np.dtype(f"<U{max(1, max(map(len, words), default=1))}")
    return np.dtype(field.type.to_pandas_dtype())


def read_metadata(path: Path) -> dict[str, Any]:
    """Returns the metadata that `write` was given.

    Raises:
        ValueError: It is no such file.
    """
    try:
        if not zipfile.is_zipfile(path):
            raise ValueError("no zip file")
        with np.load(path, allow_pickle=False) as arrays:
            return json.loads(str(arrays[_METADATA]))
    except (KeyError, zipfile.BadZipFile, ValueError, EOFError) as error:  # NumPy's words advise to load it unsafely
        raise ValueError(f"{path}: is not a table of agront_data, or is damaged") from error


def count_rows(path: Path) -> int:
    """Returns the number of rows."""
    with np.load(path) as arrays:
        return len(arrays[_columns(arrays)[0]])


def column_names(path: Path) -> list[str]:
    """Returns the names of the columns."""
    with np.load(path) as arrays:
        return _columns(arrays)


def read_columns(path: Path, names: Sequence[str], rows: np.ndarray) -> dict[str, np.ndarray]:
    """Returns some rows, in ascending order, of some columns; a whole column is in memory at a time."""
    with np.load(path) as arrays:
        return {name: arrays[name][rows] for name in names}


def _columns(arrays: np.lib.npyio.NpzFile) -> list[str]:
    return [name for name in arrays.files if name != _METADATA]
