"""A part file: an Arrow stream of one record batch, and behind it a digest of all before."""

import hashlib
import json
import os
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

_KEY = b"part"
_DIGEST_BYTES = 16


class Part(NamedTuple):
    """What a part file says of itself.

    Attributes:
        num_sequences: sequences in it.
        num_tokens: their tokens.
        num_tiled: sequences of them that are longer than the model's context.
        digest: of its sequences, see `digest_of`.
    """

    num_sequences: int
    num_tokens: int
    num_tiled: int
    digest: str


def write_part(path: Path, part: Part, batch: pa.RecordBatch) -> None:
    """Write a part and make sure that it is on disk.

    Raises:
        OSError: it cannot be written, as on a full disk.
    """
    schema = batch.schema.with_metadata({_KEY: json.dumps(part._asdict())})
    with path.open("w+b") as file:
        with pa.ipc.new_stream(file, schema) as writer:
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))
        file.seek(0)
        digest = hashlib.file_digest(file, _new_digest).digest()
        file.write(digest)  # read to its end, the file is written on from there
        file.flush()
        os.fsync(file.fileno())


def check_part(path: Path) -> Part:
    """What a part says of itself, after all of it has been compared with its digest.

    Raises:
        ValueError: it is damaged.
    """
    content, written = _content(path)
    found = _new_digest()
    found.update(content)
    if found.digest() != written:
        raise _damaged(path, "it does not agree with its digest")
    return Part(**json.loads(_reader(path, content).schema.metadata[_KEY]))


def read_batch(path: Path) -> pa.RecordBatch:
    """What a part holds; of a file that `check_part` has seen, of which what is not used is not read.

    Raises:
        ValueError: it is damaged.
    """
    reader = _reader(path, _content(path)[0])
    try:
        return reader.read_next_batch().replace_schema_metadata(None)
    except (pa.ArrowInvalid, OSError, StopIteration) as error:  # Arrow's OSError is one of decoding here
        raise _damaged(path, str(error)) from error


def sync_folder(folder: Path) -> None:
    """Make sure that names given in a folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _content(path: Path) -> tuple[pa.Buffer, bytes]:
    size = path.stat().st_size - _DIGEST_BYTES
    if size <= 0:
        raise _damaged(path, "it is too short")
    with pa.memory_map(str(path)) as source:
        whole = source.read_buffer()
    return whole.slice(0, size), whole.slice(size).to_pybytes()


def _reader(path: Path, content: pa.Buffer) -> pa.ipc.RecordBatchStreamReader:
    try:
        return pa.ipc.open_stream(content)
    except (pa.ArrowInvalid, OSError) as error:
        raise _damaged(path, str(error)) from error


def _new_digest() -> "hashlib.blake2b":
    return hashlib.blake2b(digest_size=_DIGEST_BYTES)


def _damaged(path: Path, reason: str) -> ValueError:
    return ValueError(
        f"{path}: is damaged ({reason}); remove it and give the same command again: it is made again, and so is what "
        "comes after it"
    )
