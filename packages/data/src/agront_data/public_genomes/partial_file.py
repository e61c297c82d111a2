"""`PartialFile`: a download on its way, and the version of the remote file that its bytes are of."""

import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path

from agront_data.files import is_at, open_locked, sync_folder


@dataclasses.dataclass(frozen=True, kw_only=True)
class RemoteVersion:
    """What a server says of a file's version: bytes of two versions must never be put together.

    Attributes:
        url: The file.
        etag: A strong entity tag; a weak one promises no equal bytes (RFC 9110, section 8.8.1).
        last_modified: The date as the server writes it.
        num_bytes: Size of the whole file.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    num_bytes: int | None = None

    @classmethod
    def from_headers(cls, url: str, headers: Mapping[str, str], num_bytes: int | None) -> "RemoteVersion":
        """Reads a response's headers."""
        etag = headers.get("ETag")
        if etag is not None and etag.startswith("W/"):
            etag = None
        return cls(url=url, etag=etag, last_modified=headers.get("Last-Modified"), num_bytes=num_bytes)

    @property
    def validator(self) -> str | None:
        """What `If-Range` compares; without one a download cannot be resumed safely."""
        return self.etag or self.last_modified


class PartialFile:
    """NAME.part, which becomes NAME when it is whole, and NAME.part.json, its version.

    One process at a time holds it. A context manager: leaving it keeps what has come, unless that is nothing.

    Attributes:
        path: NAME.part.
        size: Number of bytes so far.
        version: Of which version they are; None where there are none or this is not known.

    Raises:
        OSError: Another process holds it, or the folder cannot be written to.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        self.path = target.with_name(f"{target.name}.part")
        self._version_path = self.path.with_name(f"{self.path.name}.json")
        try:
            self._descriptor = open_locked(self.path)
        except BlockingIOError as error:
            raise OSError(
                f"{self.path}: another process is fetching this file; let it finish, or choose another folder"
            ) from error
        self.size = os.lseek(self._descriptor, 0, os.SEEK_END)
        self.version = self._read_version() if self.size else None

    def __enter__(self) -> "PartialFile":
        return self

    def __exit__(self, *exception: object) -> None:
        if self.size == 0 and is_at(self._descriptor, self.path):
            self.path.unlink(missing_ok=True)
            self._version_path.unlink(missing_ok=True)
        os.close(self._descriptor)

    def start(self, version: RemoteVersion) -> None:
        """Begins anew with a version."""
        self.discard()
        new = self._version_path.with_name(f"{self._version_path.name}.new")
        new.write_text(json.dumps(dataclasses.asdict(version)))
        new.replace(self._version_path)
        self.version = version

    def append(self, data: bytes) -> None:
        """Adds the next bytes.

        Raises:
            OSError: They cannot be written, say because the disk is full. What came before them is kept.
        """
        view = memoryview(data)
        try:
            while view:
                written = os.write(self._descriptor, view)
                self.size += written
                view = view[written:]
        except OSError as error:
            raise OSError(
                f"{self.path}: cannot write more than {self.size:,} bytes ({error.strerror}); make room and run the "
                "same again: it goes on from there"
            ) from error

    def discard(self) -> None:
        """Drops all bytes."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        self.size, self.version = 0, None

    def finish(self) -> None:
        """Gives the file its final name, once its bytes are on the disk."""
        os.fsync(self._descriptor)
        self.path.replace(self._target)
        self._version_path.unlink(missing_ok=True)
        sync_folder(self._target.parent)

    def _read_version(self) -> RemoteVersion | None:
        try:
            return RemoteVersion(**json.loads(self._version_path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
