"""`store.json`: written last, it alone makes a folder or a bucket prefix a genome store."""

import hashlib
import json
import os
from collections.abc import Iterable
from typing import Any, NamedTuple

import tensorstore as ts

from agront_data.store import key_value, layout
from agront_data.store.genome import Genome


class StoreHeader(NamedTuple):
    """What `store.json` says.

    Attributes:
        genomes: Sorted by name.
        fingerprint: sha256 over the genomes' names and fingerprints.
    """

    genomes: tuple[Genome, ...]
    fingerprint: str


def holds_store(store: ts.KvStore) -> bool:
    """Returns whether there is a store, finished or not, damaged or not."""
    for key in (layout.STORE_KEY, layout.UNFINISHED_KEY):
        found = key_value.read_key(store, key)
        try:
            if found is not None and json.loads(found)["format"] == layout.FORMAT:
                return True
        except (ValueError, KeyError, TypeError):
            pass  # a file of that name, but somebody else's
    return False


def is_store(location: str | os.PathLike[str]) -> bool:
    """Returns whether a folder or URL is that of a genome store, finished or not; raises as `open_key_value_store`."""
    return holds_store(key_value.open_key_value_store(location, first_key=layout.STORE_KEY))


def read_header(store: ts.KvStore, location: str) -> StoreHeader | None:
    """Returns the header, None where there is none.

    Raises:
        ValueError: It is damaged, or of another format version.
    """
    found = key_value.read_key(store, layout.STORE_KEY)
    if found is None:
        return None
    try:
        header = json.loads(found)
        store_format, version = header["format"], header["format_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(location, error) from error
    if store_format != layout.FORMAT or version != layout.FORMAT_VERSION:
        raise ValueError(
            f"{location}: is of format {store_format!r} version {version}; this agront-data reads {layout.FORMAT!r} "
            f"version {layout.FORMAT_VERSION}: install the version that wrote it, or ingest again"
        )
    try:
        if header.pop("sha256") != _digest(header):
            raise ValueError("it is not as it was written")
        genomes = tuple(Genome.from_json(entry) for entry in header["genomes"])
        return StoreHeader(genomes, header["fingerprint"])
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(location, error) from error


def write_header(store: ts.KvStore, genomes: Iterable[Genome]) -> None:
    """Writes the header, at once: a store that stood there before is there until the new one is."""
    by_name = sorted(genomes, key=lambda genome: genome.name)
    lines = "".join(f"{genome.name}\0{genome.fingerprint}\n" for genome in by_name)
    header = {
        "format": layout.FORMAT,
        "format_version": layout.FORMAT_VERSION,
        "fingerprint": hashlib.sha256(lines.encode()).hexdigest(),
        "genomes": [genome.to_json() for genome in by_name],
    }
    header["sha256"] = _digest(header)
    key_value.write_key(store, layout.STORE_KEY, json.dumps(header).encode())


def _digest(header: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(header, sort_keys=True).encode()).hexdigest()


def _damaged(location: str, error: Exception) -> ValueError:
    return ValueError(
        f"{location}: {layout.STORE_KEY} is damaged ({type(error).__name__}: {error}); copy or ingest the store again"
    )
