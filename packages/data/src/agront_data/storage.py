"""Where a store lies and how its arrays are laid out: all that touches tensorstore's specifications.

Everything goes through a tensorstore key-value store, so a folder, `gs://bucket/path` and `s3://bucket/path` are one.
"""

import os
from typing import Any

import tensorstore as ts

FORMAT = "agront-genome-store"
FORMAT_VERSION = 1
STORE_KEY = "store.json"
UNFINISHED_KEY = "unfinished.json"
"""Written first and removed last; it alone marks a folder as ours to clear when an ingest starts again."""

FOLDERS = ("genomes", "n_runs")

SHARD_BASES = 1 << 24
CHUNK_BASES = 1 << 14

# A code that no base has: a chunk file that is missing reads as this and not, unnoticed, as a run of A.
MISSING_CODE = 255


def open_key_value_store(location: str | os.PathLike[str]) -> ts.KvStore:
    """Returns the key-value store of a folder or of a tensorstore URL (`gs://…`, `s3://…`, `file://…`)."""
    text = os.fspath(location)
    if "://" in text:
        return ts.KvStore.open(text.rstrip("/") + "/").result()
    return ts.KvStore.open({"driver": "file", "path": os.path.abspath(text) + "/"}).result()


def bases_key(genome: str) -> str:
    """Returns the key prefix of a genome's base codes, `uint8 [length]`."""
    return f"{FOLDERS[0]}/{genome}/"


def n_runs_key(genome: str) -> str:
    """Returns the key prefix of a genome's runs of N, `int64 [R, 2]`: start, end in the genome's array."""
    return f"{FOLDERS[1]}/{genome}/"


def create_bases_array(store: ts.KvStore, genome: str) -> ts.TensorStore:
    """Creates the empty, growing array of a genome's codes: sharded, bit-shuffled (about 2 bits a base), checksummed.

    blosc alone does not notice a flipped byte; the crc32c after it does.
    """
    chunk_codecs = [
        {"name": "bytes"},
        {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "bitshuffle", "typesize": 1}},
        {"name": "crc32c"},
    ]
    index_codecs = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]
    sharding = {"chunk_shape": [CHUNK_BASES], "codecs": chunk_codecs, "index_codecs": index_codecs}
    metadata = {
        "shape": [0],
        "data_type": "uint8",
        "fill_value": MISSING_CODE,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [SHARD_BASES]}},
        "codecs": [{"name": "sharding_indexed", "configuration": sharding}],
    }
    return _create(store / bases_key(genome), metadata)


def create_n_runs_array(store: ts.KvStore, genome: str, num_runs: int) -> ts.TensorStore:
    """Creates the array of a genome's runs of N."""
    metadata = {
        "shape": [num_runs, 2],
        "data_type": "int64",
        "fill_value": -1,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1 << 16, 2]}},
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "zstd", "configuration": {"level": 3}},
            {"name": "crc32c"},
        ],
    }
    return _create(store / n_runs_key(genome), metadata)


def open_array(store: ts.KvStore, key: str) -> "ts.Future[ts.TensorStore]":
    """Starts opening an array for reading.

    A finished store never changes, so its metadata is not checked again. There is no cache of chunks: windows come at
    random, and with tensorstore 0.1.86 a cache reads 1.3 times as fast but goes on growing beyond its limit.
    """
    spec = {"driver": "zarr3", "recheck_cached_data": "open"}
    return ts.open(spec, kvstore=store / key, open=True, read=True)


def _create(store: ts.KvStore, metadata: dict[str, Any]) -> ts.TensorStore:
    return ts.open({"driver": "zarr3", "metadata": metadata}, kvstore=store, create=True).result()
