"""tensorstore's key-value stores: a folder, `gs://bucket/path` and `s3://bucket/path` are one, their errors too."""

import os
from typing import Any
from urllib.parse import urlsplit

import tensorstore as ts

from agront_data.path_checks import check_name_is_text
from agront_data.store.answer import (
    SECONDS_TO_OPEN,
    SECONDS_TO_TRANSFER,
    answer_to,
    context_to_open,
    context_to_transfer,
)


def local_folder(location: str | os.PathLike[str]) -> str | None:
    """Returns the absolute path of a location on this machine's file system, None of any other."""
    text = os.fspath(location)
    if text.startswith("file://"):
        return os.path.abspath(text.removeprefix("file://"))
    return None if "://" in text else os.path.abspath(os.path.expanduser(text))


def open_key_value_store(
    location: str | os.PathLike[str], endpoint: str | None = None, *, first_key: str = ""
) -> ts.KvStore:
    """Returns the key-value store of a folder or of a tensorstore URL (`gs://…`, `s3://…`, `http://…`, `file://…`).

    A server is asked for one key, to see that it answers. What it is asked later is waited for longer: see `answer`.

    Args:
        location: Folder or URL.
        endpoint: Address of an S3-compatible server that is not Amazon's, for `s3://` locations.
        first_key: The key that a server is asked for, whether there is such a key or not.

    Raises:
        OSError: A server does not answer, or refuses.
        ValueError: The location is no such URL or not text in UTF-8, or has an endpoint and is not `s3://`.
    """
    text, folder = os.fspath(location), local_folder(location)
    check_name_is_text(text if folder is None else folder)
    spec: Any = text.rstrip("/") + "/"
    if endpoint is not None:
        parts = urlsplit(text)
        if parts.scheme != "s3":
            raise ValueError(f"an endpoint ({endpoint}) goes with s3://bucket/path, not with {text}")
        path = f"{parts.path.strip('/')}/".lstrip("/")
        spec = {"driver": "s3", "bucket": parts.netloc, "path": path, "endpoint": endpoint.rstrip("/")}
        if "AWS_ACCESS_KEY_ID" in os.environ:  # else it complains aloud that there are no files of profiles
            spec["aws_credentials"] = {"type": "environment"}
    elif folder is not None:
        # tensorstore would lock each file that it writes, which not every file system can. Our own lock is enough.
        return _open(text, {"driver": "file", "path": f"{folder}/", "file_io_locking": {"mode": "none"}}, None)
    read_key(_open(text, spec, context_to_open()), first_key)
    return _open(text, spec, context_to_transfer())


def _open(text: str, spec: Any, context: ts.Context | None) -> ts.KvStore:
    try:
        return answer_to(ts.KvStore.open(spec, context=context), text, SECONDS_TO_OPEN)
    except (ValueError, OSError) as error:
        raise ValueError(
            f"{text}: no place for a store: give a folder, gs://, s3:// or another URL that tensorstore knows ({error})"
        ) from error


def read_key(store: ts.KvStore, key: str) -> bytes | None:
    """Returns what a key holds, None where there is no such key.

    Raises:
        OSError: The store cannot be reached; the message says where and why.
    """
    found = read_version(store, key)
    return None if found.state == "missing" else bytes(found.value)


def read_version(store: ts.KvStore, key: str) -> ts.KvStore.ReadResult:
    """Returns what a key holds, with the stamp of its version.

    Raises:
        OSError: As `read_key`.
    """
    try:
        return answer_to(store.read(key), _where(store), SECONDS_TO_OPEN)
    except (ValueError, OSError) as error:
        raise OSError(
            f"{_where(store)}{key}: cannot be read; check the address and your rights to it ({error})"
        ) from error


def list_keys(store: ts.KvStore) -> list[str]:
    """Returns all keys.

    Raises:
        OSError: As `read_key`.
    """
    try:
        return [key.decode() for key in answer_to(store.list(), _where(store), SECONDS_TO_OPEN)]
    except (ValueError, OSError) as error:
        raise OSError(
            f"{_where(store)}: cannot be listed; check the address and your rights to it ({error})"
        ) from error


def write_key(store: ts.KvStore, key: str, value: bytes | None) -> None:
    """Writes a key whole or not at all; None deletes it.

    Raises:
        OSError: As `written`.
    """
    written(store.write(key, value), store)


def written(future: "ts.Future[Any] | ts.WriteFutures", store: ts.KvStore) -> Any:
    """Waits for something to be written, and returns it.

    Raises:
        OSError: It could not be: a full disk, no right to write. The message says where and why.
    """
    try:
        return answer_to(future, _where(store), SECONDS_TO_TRANSFER)
    except (ValueError, OSError) as error:
        raise OSError(
            f"{_where(store)}: cannot be written to; mend what is said here and run again, the genomes that are "
            f"finished are kept ({error})"
        ) from error


def _where(store: ts.KvStore) -> str:
    spec = store.spec().to_json()
    if "endpoint" in spec:  # which has no URL
        return f"{spec['endpoint']}: s3://{spec['bucket']}/{spec.get('path', '')}"
    return str(spec["path"]) if spec["driver"] == "file" else str(store.url)
