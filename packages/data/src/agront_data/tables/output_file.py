"""The output by the ending of its name."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pyarrow as pa

from agront_data.path_checks import check_name_is_text
from agront_data.tables import npz_file, parquet_file, tsv_file, zarr_file
from agront_data.tables.finished_parts import FinishedParts
from agront_data.tables.part_files import PartFiles
from agront_data.tables.record_batches import is_vector


@runtime_checkable
class _Writer(Protocol):
    """A module that writes one kind of file: see `tsv_file`."""

    def write(self, path: Path, parts: FinishedParts, metadata: Mapping[str, Any]) -> None:
        """Writes all parts."""


@runtime_checkable
class TableFormat(_Writer, Protocol):
    """A module that reads one kind of file, too: see `parquet_file`."""

    def read_metadata(self, path: Path) -> dict[str, Any]:
        """Returns the metadata that `write` was given; raises `ValueError` if it did not write the file."""

    def count_rows(self, path: Path) -> int:
        """Returns the number of rows."""

    def column_names(self, path: Path) -> list[str]:
        """Returns the names of the columns."""

    def read_columns(self, path: Path, names: Sequence[str], rows: np.ndarray) -> dict[str, np.ndarray]:
        """Returns some rows, in ascending order, of some columns."""


_FORMATS: dict[str, TableFormat] = {".parquet": parquet_file, ".npz": npz_file, ".zarr": zarr_file}
_WRITERS: dict[str, _Writer] = {**_FORMATS, ".tsv": tsv_file}


def table_format(path: Path) -> TableFormat:
    """Returns what reads and writes files of this ending: .parquet, .npz or .zarr.

    Raises:
        ValueError: The ending is another, or the path is not text in UTF-8.
    """
    check_name_is_text(path)
    if path.suffix not in _FORMATS:
        raise ValueError(f"{path}: its ending says the format; give one of {', '.join(_FORMATS)}")
    return _FORMATS[path.suffix]


def check_output(out: Path, schema: pa.Schema) -> None:
    """Refuses an output that could not be written, before its rows are computed.

    Raises:
        ValueError: Its ending is none of the formats', its path is not text in UTF-8, or the format cannot hold a
            column.
    """
    check_name_is_text(out)
    if out.suffix not in _WRITERS:
        raise ValueError(f"{out}: its ending says the format; give one of {', '.join(_WRITERS)}")
    vectors = [field.name for field in schema if is_vector(field)]
    if vectors and out.suffix not in _FORMATS:
        raise ValueError(
            f"{out}: a row of the column {vectors[0]!r} holds several numbers, and a {out.suffix} file has room for "
            f"one; give a name that ends in {' or '.join(_FORMATS)}"
        )


def write_table(out: Path, parts: PartFiles, schema: pa.Schema, *, num_rows: int, metadata: Mapping[str, Any]) -> None:
    """Makes the output of its parts, gives it its name when it is whole, and removes the parts.

    Args:
        out: A file of the ending .parquet, .npz or .tsv, or a folder of the ending .zarr; nothing may be there.
        parts: Opened; they hold the whole table.
        schema: Names and types of the table's columns.
        num_rows: Rows of the table, which must be in the parts.
        metadata: Written to the output; JSON-able.

    Raises:
        ValueError: As `check_output`; or a part is damaged, or the parts are not what was computed.
        FloatingPointError: A result is not finite; the message names row, column and value.
        OSError: The output cannot be written, as on a full disk; the parts stay.
    """
    check_output(out, schema)
    finished = FinishedParts(files=parts, schema=schema, num_parts=len(parts), num_rows=num_rows)
    finished.check()
    whole = parts.whole_path(out)
    with parts.writing(whole):
        _WRITERS[out.suffix].write(whole, finished, metadata)
    parts.finish(out, whole)
