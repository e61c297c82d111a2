"""Arrow's record batches, cut and joined, and their columns as NumPy arrays."""

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa


def row_bytes(schema: pa.Schema) -> int:
    """Returns the size of a row's vectors in bytes; of a table without vectors, 8 bytes a column."""
    vectors = [field.type for field in schema if is_vector(field)]
    return sum(kind.list_size * kind.value_type.bit_width // 8 for kind in vectors) or 8 * len(schema)


def is_vector(field: pa.Field) -> bool:
    """Returns whether a column holds vectors, fixed-size lists of numbers."""
    return pa.types.is_fixed_size_list(field.type)


def as_numpy(column: pa.Array) -> np.ndarray:
    """Returns a column as NumPy knows it: [rows, D] of vectors; words as objects; "" and NaN for what is missing.

    Raises:
        ValueError: Whole numbers are missing: NumPy has no value for them.
    """
    if pa.types.is_fixed_size_list(column.type):
        return column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), column.type.list_size)
    if pa.types.is_string(column.type):
        return np.array([word or "" for word in column.to_pylist()], dtype=object)
    if pa.types.is_integer(column.type) and column.null_count:
        raise ValueError("a column of whole numbers has missing values, which NumPy cannot hold: make it float64")
    return column.to_numpy(zero_copy_only=False)


def regroup(batches: Iterable[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    """Cuts and joins batches to ones of `rows` rows each; the last may have fewer."""
    waiting: list[pa.RecordBatch] = []
    missing = rows
    for batch in batches:
        while batch.num_rows >= missing:
            waiting.append(batch.slice(0, missing))
            batch = batch.slice(missing)
            yield pa.concat_batches(waiting)
            waiting, missing = [], rows
        if batch.num_rows:
            waiting.append(batch)
            missing -= batch.num_rows
    if waiting:
        yield pa.concat_batches(waiting)
