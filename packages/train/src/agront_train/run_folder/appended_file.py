"""A file that grows by whole records and outlives a full disk."""

import os
from pathlib import Path


class AppendedFile:
    """A file at whose end records are put: each of them whole, or not yet.

    A record that cannot be written is kept in memory and goes first the next time, so nothing is lost as long as the
    disk has room again before the end. There is no buffer: what was appended outlives the process.
    """

    def __init__(self, path: Path):
        """Open a file, or make it.

        Raises:
            OSError: the file cannot be opened.
        """
        self._path = path
        self._file = path.open("ab", buffering=0)
        self._size = self._file.seek(0, os.SEEK_END)
        self._unwritten = b""

    def append(self, record: bytes = b"") -> None:
        """Write a record, after those that could not be written before; without one, only those.

        Raises:
            OSError: it cannot be written now, and is kept. The file ends with its last whole record.
        """
        self._unwritten += record
        written = 0
        try:
            while written < len(self._unwritten):  # a write may stop short where the disk is full
                written += self._file.write(self._unwritten[written:])
        except OSError as error:
            self._file.truncate(self._size)
            raise OSError(
                error.errno,
                f"{error.strerror}: {len(self._unwritten):,} bytes are kept in memory and tried again later",
                str(self._path),
            ) from error
        self._size += written
        self._unwritten = b""

    def close(self) -> None:
        """Try once more what could not be written, and close the file.

        Raises:
            OSError: it could still not be written and is lost.
        """
        try:
            self.append()
        except OSError as error:
            raise OSError(
                error.errno, f"the last {len(self._unwritten):,} bytes could not be written", str(self._path)
            ) from error
        finally:
            self._file.close()
