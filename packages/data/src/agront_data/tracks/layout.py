"""The layout of a track: a Zarr group, format 3, with an array a contig."""

import json
from typing import Any
from urllib.parse import quote

from agront_data.tracks.piece import PIECE_BASES

FORMAT = "agront-genome-track"
FORMAT_VERSION = 1
"""Raise it where older code would misread a track."""

LETTERS = "ACGT"
"""Bases of the columns, in order."""

CHUNK_BASES = 1 << 14

# No logarithm of a probability: a chunk that is missing reads as this and not, unnoticed, as a run of N.
MISSING = "Infinity"

_MOST_BYTES = 255  # of a file's name on most file systems


def array_name(contig: str) -> str:
    """Returns the name of a contig's array: the contig's, with %XX for what a name of a folder cannot have.

    Raises:
        ValueError: It is too long for a name.
    """
    name = quote(contig, safe="|:+=,@()")
    if (not name[0].isalnum() and name[0] != "%") or name == "zarr.json":
        name = f"%{ord(name[0]):02X}{name[1:]}"
    if len(name) > _MOST_BYTES:
        raise ValueError(f"contig {contig[:60]!r}…: its name is too long for a folder of a track; shorten it")
    return name


def group_json(attributes: dict[str, Any]) -> bytes:
    """Returns the metadata of the group."""
    return json.dumps({"zarr_format": 3, "node_type": "group", "attributes": attributes}, indent=1).encode()


def array_metadata(length: int) -> dict[str, Any]:
    """Returns the metadata of a contig's array: sharded, bit-shuffled, checksummed.

    blosc alone does not notice a flipped byte; the crc32c after it does.
    """
    chunk_codecs = [
        {"name": "bytes", "configuration": {"endian": "little"}},
        {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "bitshuffle", "typesize": 2}},
        {"name": "crc32c"},
    ]
    index_codecs = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]
    sharding = {"chunk_shape": [CHUNK_BASES, 4], "codecs": chunk_codecs, "index_codecs": index_codecs}
    return {
        "shape": [length, len(LETTERS)],
        "data_type": "float16",
        "fill_value": MISSING,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [PIECE_BASES, 4]}},
        "codecs": [{"name": "sharding_indexed", "configuration": sharding}],
        "dimension_names": ["base", "letter"],
        "attributes": {"letters": LETTERS, "unit": "natural logarithm of a probability; NaN: no token covers it"},
    }
