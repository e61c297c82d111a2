"""Whole files and locked files: no reader sees half a file, and no two processes write one."""

import errno
import fcntl
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from agront_data.path_checks import check_name_is_text

__all__ = [
    "NoFileLocksWarning",
    "check_can_write",
    "check_new_file",
    "is_at",
    "open_locked",
    "open_whole",
    "sync_folder",
    "write_whole",
]

# What flock(2) fails with where a file system has no locks: Lustre mounted without "-o flock", NFS without its lock
# service, some file systems in user space.
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP)


class NoFileLocksWarning(UserWarning):
    """A file system has no locks: nothing keeps a second process from writing to the same files."""


def write_whole(path: Path, content: str | bytes) -> None:
    """Writes a file under another name, makes sure that it is on disk, and renames it.

    Args:
        path: The file; one of that name is replaced.
        content: Its bytes, or its text, which is written in UTF-8.

    Raises:
        OSError: It cannot be written, as on a full disk; a file of that name stays as it was.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())  # else a power cut could leave the name with nothing in it
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def open_whole(path: Path) -> Iterator[TextIO]:
    """Opens a text file that gets its name when all is written, and is removed if that fails.

    Args:
        path: The file; nothing of that name may be there.

    Yields:
        The file, in UTF-8.

    Raises:
        OSError: It cannot be written, as on a full disk, or something of that name has appeared meanwhile.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")  # another process may write to the same name
    try:
        with partial.open("w", encoding="utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "it has appeared meanwhile")
        os.replace(partial, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(f"{path} cannot be written: {reason}; make room, or name another file with --out") from error
    finally:
        partial.unlink(missing_ok=True)


def check_can_write(called: str, path: Path, *, as_folder: bool = False) -> None:
    """Refuses, before hours of work, a file or folder that could not be written at their end.

    It makes an empty file beside it, or in it if it is a folder, and removes it. The name of that file is as long as
    that of a file which is not finished.

    Args:
        called: What the user calls it, such as --out, for the message.
        path: The file or folder; it need not be there.
        as_folder: Whether it is to be a folder, made with those above it where they are missing.

    Raises:
        ValueError: Its folder is missing or may not be written to, or the name is too long for the file system; it is a
            device or a pipe, or a file where a folder is wanted; or its path is not text in UTF-8, which many libraries
            cannot write to.
    """
    check_name_is_text(path.absolute())
    refused, path = f"{called} is {path}:", path.absolute()
    while as_folder and not os.path.lexists(path.parent):
        path = path.parent
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        raise ValueError(f"{refused} it is a device or a pipe, which a file would take the place of; name another")
    if as_folder and os.path.isfile(path):
        raise ValueError(f"{refused} it is a file; name a new folder")
    folder, name = (path, "") if os.path.isdir(path) else (path.parent, path.name)
    if not folder.is_dir():
        raise ValueError(f"{refused} there is no folder {os.path.relpath(folder)}; make it first")
    ending = f".{os.getpid()}.partial"
    try:
        os.close(os.open(folder / f"{name}{ending}", os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        (folder / f"{name}{ending}").unlink()
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise ValueError(
                f"{refused} nothing can be written to {folder} ({error.strerror}); name another folder"
            ) from error
        most = os.pathconf(folder, "PC_NAME_MAX") - len(ending)
        raise ValueError(f"{refused} an unfinished file has a longer name; give one of {most} bytes") from error


def check_new_file(called: str, path: Path) -> None:
    """Refuses a file that is there already; raises as `check_can_write`, too."""
    if os.path.lexists(path):
        raise ValueError(f"{called} {path} is there already: name another file, or remove it first")
    check_can_write(called, path)


def sync_folder(folder: Path) -> None:
    """Makes sure that names given in a folder outlive a power cut, where its file system can."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):  # network drives have none
            raise
    finally:
        os.close(descriptor)


def open_locked(path: str | os.PathLike[str]) -> int:
    """Opens a file, made where there is none, locks it for this process, and returns the descriptor.

    The lock ends with the process, however that ends. The file is open for writing, as NFS wants it.
    Where the file system has no locks, the file is open and not locked, and a warning says so.

    Raises:
        BlockingIOError: Another process holds it.

    Warns:
        NoFileLocksWarning: The file system has no locks.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(descriptor, Path(path))
            # It may have been removed or renamed between the two calls: then the lock is on another file.
            if is_at(descriptor, path):
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        warnings.warn(
            f"{path.parent.absolute()}: this file system has no locks ({error.strerror}): make sure that no second "
            "process writes there. Lustre has them when it is mounted with -o flock",
            NoFileLocksWarning,
            stacklevel=3,
        )


def is_at(descriptor: int, path: str | os.PathLike[str]) -> bool:
    """Returns whether an open file is the one at a path."""
    try:
        return os.path.samestat(os.fstat(descriptor), Path(path).stat())
    except FileNotFoundError:
        return False
