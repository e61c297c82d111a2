"""tensorstore's key-value stores: a folder, `gs://bucket/path` and `s3://bucket/path` are one, their errors too."""

import os
from typing import Any
from urllib.parse import urlsplit

import tensorstore as ts


def local_folder(location: str | os.PathLike[str]) -> str | None:
    """Returns the absolute path of a location on this machine's file system, None of any other."""
    text = os.fspath(location)
    if text.startswith("file://"):
        return os.path.abspath(text.removeprefix("file://"))
    return None if "://" in text else os.path.abspath(text)


def open_key_value_store(location: str | os.PathLike[str], endpoint: str | None = None) -> ts.KvStore:
    """Returns the key-value store of a folder or of a tensorstore URL (`gs://…`, `s3://…`, `file://…`).

    Args:
        location: Folder or URL.
        endpoint: Address of an S3-compatible server that is not Amazon's, for `s3://` locations.

    Raises:
        ValueError: The location is no such URL, or has an endpoint and is not `s3://`.
    """
    text, folder = os.fspath(location), local_folder(location)
    spec: Any = text.rstrip("/") + "/"
    if endpoint is not None:
        parts = urlsplit(text)
        if parts.scheme != "s3":
            raise ValueError(f"an endpoint ({endpoint}) goes with s3://bucket/path, not with {text}")
        path = f"{parts.path.strip('/')}/".lstrip("/")
        spec = {"driver": "s3", "bucket": parts.netloc, "path": path, "endpoint": endpoint.rstrip("/")}
        # By default a server that is not there is asked for minutes, without a word.
        spec["s3_request_retries"] = {"max_retries": 5, "initial_delay": "250ms", "max_delay": "4s"}
        if "AWS_ACCESS_KEY_ID" in os.environ:  # else it complains aloud that there are no files of profiles
            spec["aws_credentials"] = {"type": "environment"}
    elif folder is not None:
        spec = {"driver": "file", "path": folder + "/"}
    try:
        return ts.KvStore.open(spec).result()
    except (ValueError, OSError) as error:
        raise ValueError(
            f"{text}: no place for a store: give a folder, gs://, s3:// or another URL that tensorstore knows ({error})"
        ) from error


def read_key(store: ts.KvStore, key: str) -> bytes | None:
    """Returns what a key holds, None where there is no such key.

    Raises:
        OSError: The store cannot be reached; the message says where and why.
    """
    try:
        found = store.read(key).result()
    except (ValueError, OSError) as error:
        raise OSError(
            f"{_where(store)}{key}: cannot be read; check the address and your rights to it ({error})"
        ) from error
    return None if found.state == "missing" else bytes(found.value)


def list_keys(store: ts.KvStore) -> list[str]:
    """Returns all keys.

    Raises:
        OSError: As `read_key`.
    """
    try:
        return [key.decode() for key in store.list().result()]
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
        return future.result()
    except (ValueError, OSError) as error:
        raise OSError(
            f"{_where(store)}: cannot be written to; mend what is said here and run again, the genomes that are "
            f"finished are kept ({error})"
        ) from error


def _where(store: ts.KvStore) -> str:
    spec = store.spec().to_json()
    if "endpoint" in spec:  # which has no URL
        return f"{spec['endpoint']}: s3://{spec['bucket']}/{spec['path']}"
    return str(spec["path"]) if spec["driver"] == "file" else store.url
