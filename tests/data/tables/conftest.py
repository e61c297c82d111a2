"""A job without a model: a name gives its number, and vectors that are counted from it."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from agront_data.tables import PartFiles


class Name(NamedTuple):
    """An input row."""

    id: str
    num_tokens: int = 10

    @property
    def content(self) -> bytes:
        return f"{self.id} {self.num_tokens}\n".encode()


class NameTable(NamedTuple):
    """A name's row, or as many rows as it has tokens."""

    per_token: bool = False

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([("id", pa.string()), ("number", pa.int64()), ("vector", pa.list_(pa.float32(), 5))])

    def num_rows(self, row: Name) -> int:
        return row.num_tokens if self.per_token else 1

    def batch(self, rows: list[Name]) -> pa.RecordBatch:
        ids = [row.id for row in rows for _ in range(self.num_rows(row))]
        numbers = np.array([int(name.lstrip("s")) for name in ids], np.int64)
        vectors = (5 * numbers[:, None] + np.arange(5)).astype(np.float32)
        columns = [
            pa.array(ids),
            pa.array(numbers),
            pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), 5),
        ]
        return pa.record_batch(columns, schema=self.schema)


@pytest.fixture
def table() -> NameTable:
    """One row a name."""
    return NameTable()


@pytest.fixture
def names() -> Callable[..., list[Name]]:
    """Make names s0, s1 and so on."""

    def make(count: int, first: int = 0, num_tokens: int = 10) -> list[Name]:
        return [Name(f"s{number}", num_tokens) for number in range(first, first + count)]

    return make


@pytest.fixture
def batch(table, names) -> Callable[..., pa.RecordBatch]:
    """The rows of names."""

    def make(rows: int, first: int = 0) -> pa.RecordBatch:
        return table.batch(names(rows, first))

    return make


@pytest.fixture
def parts(tmp_path) -> PartFiles:
    return PartFiles(tmp_path / "out.parquet.parts")
