"""The layout of a store: the keys of its files, and the chunks and codecs of its arrays."""

from typing import Any

import tensorstore as ts

from agront_data.store.key_value import list_keys, write_key, written

FORMAT = "agront-genome-store"
FORMAT_VERSION = 2
"""Raise it where older code would misread a store. Chunk sizes and codecs are recorded in zarr's own metadata."""

STORE_KEY = "store.json"
UNFINISHED_KEY = "unfinished.json"
"""Written first and removed last; it alone marks a folder as ours to clear when an ingest starts again."""

LOCK_KEY = "writing.lock"

_GENOMES, _N_RUNS, _SOFT_MASK, _INGESTED = "genomes", "n_runs", "soft_mask", "ingested"

SHARD_BASES = 1 << 24
CHUNK_BASES = 1 << 14

# A code that no base has: a chunk file that is missing reads as this and not, unnoticed, as a run of A.
MISSING_CODE = 255
MISSING_COUNT = (1 << 16) - 1

# An array's length is known at its end. Growing it chunk by chunk would rewrite its metadata each time, which object
# stores allow once a second.
_LENGTH_TO_COME = 1 << 50


def bases_key(genome: str) -> str:
    """Returns the key prefix of a genome's base codes, `uint8 [length]`."""
    return f"{_GENOMES}/{genome}/"


def n_runs_key(genome: str) -> str:
    """Returns the key prefix of a genome's runs of N, `int64 [R, 2]`: start, end in the genome's array."""
    return f"{_N_RUNS}/{genome}/"


def soft_mask_key(genome: str) -> str:
    """Returns the key prefix of a genome's number of soft-masked bases in each block of 1,024, `uint16 [K]`."""
    return f"{_SOFT_MASK}/{genome}/"


def ingested_key(genome: str) -> str:
    """Returns the key of the record that a genome has been ingested whole."""
    return f"{_INGESTED}/{genome}.json"


def delete_genome(store: ts.KvStore, genome: str) -> None:
    """Deletes all that an ingest writes of a genome, its record first."""
    write_key(store, ingested_key(genome), None)
    for prefix in (bases_key(genome), n_runs_key(genome), soft_mask_key(genome)):
        written(store.delete_range(ts.KvStore.KeyRange(prefix, prefix[:-1] + "0")), store)  # "0" follows "/"


def genomes_written(store: ts.KvStore) -> set[str]:
    """Returns the names of all genomes of which anything lies in the store, in whatever state."""
    folders = tuple(f"{folder}/" for folder in (_GENOMES, _N_RUNS, _SOFT_MASK, _INGESTED))
    return {key.split("/")[1].removesuffix(".json") for key in list_keys(store) if key.startswith(folders)}


def create_bases_array(store: ts.KvStore, genome: str) -> ts.TensorStore:
    """Creates the array of a genome's codes: sharded, bit-shuffled (about 2 bits a base), checksummed.

    blosc alone does not notice a flipped byte; the crc32c after it does. `end_bases_array` gives it its length.
    """
    chunk_codecs = [
        {"name": "bytes"},
        {"name": "blosc", "configuration": {"cname": "lz4", "clevel": 5, "shuffle": "bitshuffle", "typesize": 1}},
        {"name": "crc32c"},
    ]
    index_codecs = [{"name": "bytes", "configuration": {"endian": "little"}}, {"name": "crc32c"}]
    sharding = {"chunk_shape": [CHUNK_BASES], "codecs": chunk_codecs, "index_codecs": index_codecs}
    metadata = {
        "shape": [_LENGTH_TO_COME],
        "data_type": "uint8",
        "fill_value": MISSING_CODE,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [SHARD_BASES]}},
        "codecs": [{"name": "sharding_indexed", "configuration": sharding}],
    }
    return _create(store / bases_key(genome), metadata)


def end_bases_array(array: ts.TensorStore, length: int) -> "ts.Future[ts.TensorStore]":
    """Starts to end an array after its last base."""
    return array.resize(exclusive_max=[length], resize_metadata_only=True)


def create_n_runs_array(store: ts.KvStore, genome: str, num_runs: int) -> ts.TensorStore:
    """Creates the array of a genome's runs of N."""
    return _create_table(store / n_runs_key(genome), [num_runs, 2], "int64", -1)


def create_soft_mask_array(store: ts.KvStore, genome: str, num_blocks: int) -> ts.TensorStore:
    """Creates the array of a genome's soft-masked bases by block; a file that is gone reads as too many."""
    return _create_table(store / soft_mask_key(genome), [num_blocks], "uint16", MISSING_COUNT)


def _create_table(store: ts.KvStore, shape: list[int], data_type: str, fill_value: int) -> ts.TensorStore:
    metadata = {
        "shape": shape,
        "data_type": data_type,
        "fill_value": fill_value,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1 << 16, *shape[1:]]}},
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "zstd", "configuration": {"level": 3}},
            {"name": "crc32c"},
        ],
    }
    return _create(store, metadata)


def open_array(store: ts.KvStore, key: str) -> "ts.Future[ts.TensorStore]":
    """Starts opening an array for reading.

    A finished store never changes, so its metadata is not checked again. There is no cache of chunks: windows come at
    random, and with tensorstore 0.1.86 a cache reads 1.3 times as fast but goes on growing beyond its limit.
    """
    spec = {"driver": "zarr3", "recheck_cached_data": "open"}
    return ts.open(spec, kvstore=store / key, open=True, read=True)


def _create(store: ts.KvStore, metadata: dict[str, Any]) -> ts.TensorStore:
    return written(ts.open({"driver": "zarr3", "metadata": metadata}, kvstore=store, create=True), store)
