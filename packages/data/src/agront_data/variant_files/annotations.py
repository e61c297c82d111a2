"""Records and what is to be added to them, side by side: as many of the one as of the other."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

_Record = TypeVar("_Record")


def with_annotations(
    records: Iterator[_Record], annotations: Iterator[Mapping[str, str]], path: Path
) -> Iterator[tuple[_Record, Mapping[str, str]]]:
    """Yields each record with its annotation.

    Args:
        records: All of a file.
        annotations: INFO entries of each, values by key.
        path: The file, for messages.

    Raises:
        ValueError: One of the two ends before the other.
    """
    number = 0
    for number, record in enumerate(records, 1):
        annotation = next(annotations, None)
        if annotation is None:
            raise ValueError(_changed(path, f"has more than the {number - 1:,} records"))
        yield record, annotation
    if next(annotations, None) is not None:
        raise ValueError(_changed(path, f"has {number:,} records, fewer than those"))


def _changed(path: Path, what: str) -> str:
    return (
        f"{path}: {what} that were computed: an input changed while it was read; give the same command again, and "
        "leave the input as it is until it ends"
    )
