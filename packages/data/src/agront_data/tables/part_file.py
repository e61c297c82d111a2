"""A part file: an Arrow stream of one record batch, and behind it a digest of all before."""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

_KEY = b"part"
_DIGEST_BYTES = 16


class Part(NamedTuple):
    """A part file's own description of its rows.

    Attributes:
        num_inputs: Input rows that it was made of.
        num_tokens: Their tokens.
        counts: Other numbers of them, by names of the job's choosing.
        digest: Of the input rows, see `digest_of`.
    """

    num_inputs: int
    num_tokens: int
    counts: Mapping[str, int]
    digest: str


def write_part(path: Path, part: Part, batch: pa.RecordBatch) -> None:
    """Writes a part and makes sure that it is on disk.

    Raises:
        OSError: It cannot be written, as on a full disk.
    """
    schema = batch.schema.with_metadata({_KEY: _to_json(part)})
    with path.open("w+b") as file:
        with pa.ipc.new_stream(file, schema) as writer:
            writer.write_batch(batch.replace_schema_metadata(schema.metadata))
        file.seek(0)
        digest = hashlib.file_digest(file, _new_digest).digest()
        file.write(digest)  # read to its end, the file is written on from there
        file.flush()
        os.fsync(file.fileno())


def check_part(path: Path) -> Part:
    """Returns the description of a part, after all its bytes were compared with its digest.

    Raises:
        ValueError: It is damaged.
    """
    content, written = _content(path)
    found = _new_digest()
    found.update(content)
    if found.digest() != written:
        raise _damaged(path, "it does not agree with its digest")
    return _from_json(_reader(path, content).schema.metadata[_KEY])


def read_batch(path: Path) -> pa.RecordBatch:
    """Returns the rows of a part that `check_part` has seen; columns that are not used are not read.

    Raises:
        ValueError: It is damaged.
    """
    reader = _reader(path, _content(path)[0])
    try:
        return reader.read_next_batch().replace_schema_metadata(None)
    except (pa.ArrowInvalid, OSError, StopIteration) as error:  # Arrow's OSError is one of decoding here
        raise _damaged(path, str(error)) from error


def _to_json(part: Part) -> str:
    """Writes `num_inputs` as `num_sequences`, its name since the first parts."""
    return json.dumps(
        {"num_sequences": part.num_inputs, "num_tokens": part.num_tokens, **part.counts, "digest": part.digest}
    )


def _from_json(text: bytes) -> Part:
    fields = json.loads(text)
    num_inputs, num_tokens, digest = (fields.pop(name) for name in ("num_sequences", "num_tokens", "digest"))
    return Part(num_inputs, num_tokens, fields, digest)


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
