"""One writer a store: a lock that its holder's death releases, or, in an object store, that says who holds it."""

import datetime
import json
import multiprocessing.context
import multiprocessing.reduction
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorstore as ts

from agront_data.files import open_locked
from agront_data.store import key_value, layout


class WriteLock:
    """A store held for writing. Sent to a child process, a file stays locked until the child has ended as well.

    Args:
        descriptor: Of the locked file, where the store is a folder.
        holder: What the lock's object says, where it is not.
    """

    def __init__(self, descriptor: int | None, holder: bytes | None) -> None:
        self._descriptor, self._holder = descriptor, holder

    def check(self, store: ts.KvStore, location: str) -> None:
        """Checks that nobody has taken the store over.

        Raises:
            BlockingIOError: Somebody has.
        """
        if self._holder is not None:
            found = key_value.read_key(store, layout.LOCK_KEY)
            if found != self._holder:
                raise _held(location, found or b"which has ended")

    def __reduce__(self) -> Any:
        if self._descriptor is None:
            return WriteLock, (None, self._holder)
        multiprocessing.context.assert_spawning(self)
        return _receive, (multiprocessing.reduction.DupFd(self._descriptor),)


@contextmanager
def write_lock(store: ts.KvStore, location: str) -> Iterator[WriteLock]:
    """Holds a store for writing.

    On a local file system the lock is `flock`'s: it ends with its processes, however they end. An object store has no
    such thing: there an object names the holder, and is taken over if that was a process of this machine and is gone.

    Args:
        store: What `location` names.
        location: Folder or URL.

    Yields:
        The lock; worker processes must be given it, so that it outlives none of them.

    Raises:
        BlockingIOError: Another process holds it.
        OSError: Its folder cannot be made or written to.
    """
    folder = key_value.local_folder(location)
    if folder is None:
        yield from _hold_object(store, location)
    else:
        yield from _hold_file(os.path.join(folder, layout.LOCK_KEY), location)


def _hold_file(path: str, location: str) -> Iterator[WriteLock]:
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        descriptor = open_locked(path)
    except BlockingIOError as error:
        raise BlockingIOError(
            f"{location}: another process is writing this store; wait until it has finished, or stop it"
        ) from error
    except OSError as error:
        raise OSError(f"{location}: cannot be written to ({error.strerror}); name another place") from error
    try:
        yield WriteLock(descriptor, None)
    finally:
        os.unlink(path)
        os.close(descriptor)


def _hold_object(store: ts.KvStore, location: str) -> Iterator[WriteLock]:
    now = datetime.datetime.now(datetime.UTC).isoformat()
    ours = json.dumps({"machine": _machine(), "pid": os.getpid(), "since": now}).encode()
    found = key_value.read_version(store, layout.LOCK_KEY)
    if found.state != "missing" and not _is_of_a_dead_process(found.value):
        raise _held(location, found.value)
    # Written only if nobody has written since we read.
    written = key_value.written(store.write(layout.LOCK_KEY, ours, if_equal=found.stamp.generation), store)
    if not written.generation:
        raise _held(location, key_value.read_key(store, layout.LOCK_KEY) or b"")
    try:
        yield WriteLock(None, ours)
    finally:
        key_value.written(store.write(layout.LOCK_KEY, None, if_equal=written.generation), store)


def _machine() -> str:
    """Returns what tells machines apart, and containers that share a name but not their process numbers."""
    try:
        return f"{socket.gethostname()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:  # no Linux
        return socket.gethostname()


def _held(location: str, holder: bytes) -> BlockingIOError:
    return BlockingIOError(
        f"{location}: another process is writing this store ({holder.decode(errors='replace')}); wait until it has "
        f"finished. If it is known to be dead, delete the object {layout.LOCK_KEY} there"
    )


def _is_of_a_dead_process(holder: bytes) -> bool:
    try:
        entry = json.loads(holder)
        if entry["machine"] != _machine():
            return False
        os.kill(entry["pid"], 0)
    except ProcessLookupError:
        return True
    except (ValueError, KeyError, TypeError, OSError):
        return False
    return False


def _receive(descriptor: Any) -> WriteLock:
    return WriteLock(descriptor.detach(), None)
