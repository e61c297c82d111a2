"""One writer a store: a lock that its holder's death releases, or, in an object store, that says who holds it."""

import fcntl
import json
import multiprocessing.context
import multiprocessing.reduction
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorstore as ts

from agront_data import key_value, storage


class LockFile:
    """An open, locked file. Sent to a child process it stays locked until the child has ended as well."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __reduce__(self) -> Any:
        multiprocessing.context.assert_spawning(self)
        return _receive, (multiprocessing.reduction.DupFd(self.descriptor),)


@contextmanager
def write_lock(store: ts.KvStore, location: str) -> Iterator[LockFile | None]:
    """Holds a store for writing.

    On a local file system the lock is `flock`'s: it ends with its processes, however they end. An object store has no
    such thing: there an object names the holder, and is taken over if that was a process of this machine and is gone.

    Args:
        store: What `location` names.
        location: Folder or URL.

    Yields:
        What worker processes must be given, so that the lock outlives none of them; None in an object store.

    Raises:
        BlockingIOError: Another process holds it.
    """
    folder = key_value.local_folder(location)
    if folder is None:
        yield from _hold_object(store, location)
    else:
        yield from _hold_file(os.path.join(folder, storage.LOCK_KEY), location)


def _hold_file(path: str, location: str) -> Iterator[LockFile]:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise BlockingIOError(
                f"{location}: another process is writing this store; wait until it has finished, or stop it"
            ) from error
        if _is_at(path, descriptor):
            break
        os.close(descriptor)  # its holder removed it between our opening and our locking it
    try:
        yield LockFile(descriptor)
    finally:
        os.unlink(path)
        os.close(descriptor)


def _is_at(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _hold_object(store: ts.KvStore, location: str) -> Iterator[None]:
    ours = json.dumps({"host": socket.gethostname(), "pid": os.getpid()}).encode()
    found = store.read(storage.LOCK_KEY).result()
    if found.state != "missing" and not _is_of_a_dead_process(found.value):
        raise _held(location, found.value)
    # Written only if nobody has written since we read.
    written = store.write(storage.LOCK_KEY, ours, if_equal=found.stamp.generation).result()
    if not written.generation:
        raise _held(location, store.read(storage.LOCK_KEY).result().value)
    try:
        yield None
    finally:
        store.write(storage.LOCK_KEY, None, if_equal=written.generation).result()


def _held(location: str, holder: bytes) -> BlockingIOError:
    return BlockingIOError(
        f"{location}: another process is writing this store ({holder.decode(errors='replace')}); wait until it has "
        f"finished. If it is known to be dead, delete the object {storage.LOCK_KEY} there"
    )


def _is_of_a_dead_process(holder: bytes) -> bool:
    try:
        entry = json.loads(holder)
        if entry["host"] != socket.gethostname():
            return False
        os.kill(entry["pid"], 0)
    except ProcessLookupError:
        return True
    except (ValueError, KeyError, TypeError, OSError):
        return False
    return False


def _receive(descriptor: Any) -> LockFile:
    return LockFile(descriptor.detach())
