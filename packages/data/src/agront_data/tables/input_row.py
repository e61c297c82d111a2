"""`InputRow` and `Table`: what a job must know of its input and of its output."""

import hashlib
from collections.abc import Iterable
from typing import Protocol, TypeVar, runtime_checkable

import pyarrow as pa


@runtime_checkable
class InputRow(Protocol):
    """One input of a job, such as a sequence or a variant; it gives one row of the table, or several."""

    @property
    def id(self) -> str:
        """Its name in messages; need not be unique."""

    @property
    def num_tokens(self) -> int:
        """Cost of computing it, in tokens: parts are cut by it."""

    @property
    def content(self) -> bytes:
        """All that decides its rows of the table: compared when a job is resumed."""


Row = TypeVar("Row", bound=InputRow)
"""A job's kind of `InputRow`."""
_Row = TypeVar("_Row", bound=InputRow, contravariant=True)


@runtime_checkable
class Table(Protocol[_Row]):
    """The columns of a job's output."""

    @property
    def schema(self) -> pa.Schema:
        """Their names and types: words, numbers, and vectors, which are fixed-size lists of numbers."""

    def num_rows(self, row: _Row, /) -> int:
        """Number of rows of the table that an input row gives."""


def digest_of(rows: Iterable[InputRow]) -> str:
    """Returns one BLAKE2b digest of rows in their order, 32 hexadecimal digits."""
    digest = hashlib.blake2b(digest_size=16)
    for row in rows:
        digest.update(row.content)
    return digest.hexdigest()
