"""`run.json`: written when a run begins, compared when it is resumed, locked while a process trains."""

import contextlib
import errno
import fcntl
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from agront_train.run_folder.run_identity import RunIdentity, check_same_run
from agront_train.run_folder.whole_file import write_whole

RUN_FILE = "run.json"
"""Name of the file that holds a run's settings, in the run folder."""

# What flock(2) fails with where a file system has no locks: Lustre mounted without "-o flock", NFS without its lock
# service, some file systems in user space.
_NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP)


@contextlib.contextmanager
def open_run_folder(folder: Path, identity: RunIdentity | Mapping[str, Any]) -> Iterator[str | None]:
    """Begin a run in a new or empty folder, or check that the folder holds this very run; and lock it.

    While the context lasts, no other process can train in the folder: two would delete each other's checkpoints.

    Yields:
        A sentence where the file system has no locks, so that nothing keeps another process out; else None.

    Raises:
        ValueError: the folder holds something else, or a run with other settings; or another process trains in it.
    """
    _begin_or_check(folder, RunIdentity.of(identity))
    with (folder / RUN_FILE).open("r+") as held:  # on NFS an exclusive lock needs a file open for writing
        yield _lock(held, folder)


def _lock(file: IO[str], folder: Path) -> str | None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(
            f"another process trains in {folder}: wait for it, stop it, or choose another folder (--run)"
        ) from None
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return (
            f"{folder.absolute()}: this file system has no locks ({error.strerror}): make sure that no second process "
            "trains there. Lustre has them when it is mounted with -o flock"
        )
    return None


def _begin_or_check(folder: Path, identity: RunIdentity) -> None:
    file = folder / RUN_FILE
    if file.is_file():
        try:
            saved = json.loads(file.read_text())["identity"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{file} cannot be read as a run's settings ({error}): restore it, or use another folder (--run)"
            ) from error
        check_same_run(saved, identity, folder)
    elif folder.exists() and (
        not folder.is_dir() or {path.name for path in folder.iterdir()} - {f"{RUN_FILE}.partial"}
    ):
        raise ValueError(f"{folder} is not empty and holds no run (no {RUN_FILE}): choose another folder (--run)")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps({"identity": identity.settings}, indent=2) + "\n")
