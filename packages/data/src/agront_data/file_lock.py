"""A lock on a file, which its holder's death releases."""

import fcntl
import os
from pathlib import Path


def open_locked(path: str | os.PathLike[str]) -> int:
    """Opens a file, made where there is none, locks it for this process, and returns the descriptor.

    Raises:
        BlockingIOError: Another process holds it.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # It may have been removed or renamed between the two calls: then the lock is on another file.
            if is_at(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def is_at(descriptor: int, path: str | os.PathLike[str]) -> bool:
    """Returns whether an open file is the one at a path."""
    try:
        return os.path.samestat(os.fstat(descriptor), Path(path).stat())
    except FileNotFoundError:
        return False
