"""`PartFiles`: the finished parts of an output, which survive Ctrl-C, a kill or a full disk."""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from agront_data.files import open_locked, sync_folder, write_whole
from agront_data.tables.part_file import Part, check_part, read_batch, write_part

_SETTINGS, _LOCK = "settings.json", "lock"
_PART = re.compile(r"[0-9]{6,}\.arrow")
_OURS = re.compile(rf"{_PART.pattern}(\.partial)?|{_SETTINGS}(\.partial)?|{_LOCK}|whole\..+")


class PartFiles:
    """The folder of an output that is not finished: `settings.json`, and `000000.arrow` and so on, see `part_file`.

    Attributes:
        folder: By custom as `beside` names it.
    """

    def __init__(self, folder: Path):
        """Names the folder; `opened` makes it ready."""
        self.folder = folder

    @classmethod
    def beside(cls, out: Path) -> "PartFiles":
        """Names the folder of an output's parts: the output's name and `.parts`."""
        return cls(out.with_name(f"{out.name}.parts"))

    @contextlib.contextmanager
    def opened(self, settings: Mapping[str, Any]) -> Iterator[None]:
        """Makes or takes up the folder, and keeps other processes out of it.

        Parts beyond a gap are removed: nothing says that what will fill it ends where they begin.

        Args:
            settings: All that decides what the output holds, JSON-able; a message names those that differ.

        Raises:
            ValueError: The folder is that of another command, is in use, or holds other things.
        """
        self.check_begun(settings)
        self.folder.mkdir(exist_ok=True)
        try:
            lock = open_locked(self.folder / _LOCK)
        except BlockingIOError as error:
            raise ValueError(f"{self.folder}: another process writes there; wait for it or stop it") from error
        try:
            self._keep_settings(settings)
            num_parts = len(self)
            for path in self.folder.iterdir():
                beyond = _PART.fullmatch(path.name) and int(path.stem) >= num_parts
                if beyond or path.name.endswith(".partial") or path.name.startswith("whole."):
                    _remove(path)
            yield
        finally:
            os.close(lock)
            with contextlib.suppress(OSError):  # it is empty only if the output is finished, and `finish` could not
                self.folder.rmdir()

    def check_begun(self, settings: Mapping[str, Any]) -> None:
        """Refuses a folder that `opened` would refuse, as far as some of the settings can tell.

        Raises:
            ValueError: The folder is that of another command, or holds other things.
        """
        if not os.path.lexists(self.folder):
            return
        if not self.folder.is_dir():
            raise ValueError(f"{self.folder}: is a file, and the folder for unfinished output has that name; move it")
        strange = [path.name for path in self.folder.iterdir() if not _OURS.fullmatch(path.name)]
        if strange:
            raise ValueError(
                f"{self.folder}: is meant for unfinished output and holds other files ({strange[0]}); move them"
            )
        path = self.folder / _SETTINGS
        if not path.exists():
            if list(self.folder.glob("*.arrow")):
                raise ValueError(f"{self.folder}: has parts but no {_SETTINGS}; remove the folder to begin anew")
            return
        try:
            begun = dict(json.loads(path.read_bytes()))
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}: is damaged; remove the folder {self.folder} to begin anew ({error})") from error
        given = json.loads(json.dumps(settings))
        names = [name for name in given if begun.get(name) != given[name]]
        if names:
            differing = "; ".join(f"{name}: {begun.get(name)!r} there, {given[name]!r} here" for name in names)
            raise ValueError(
                f"{self.folder}: holds the unfinished output of another command ({differing}). Give the same command "
                f"to continue it, or remove that folder to begin anew"
            )

    def _keep_settings(self, settings: Mapping[str, Any]) -> None:
        self.check_begun(settings)  # again: another process may have begun meanwhile
        path = self.folder / _SETTINGS
        if not path.exists():
            with self.writing(path):
                write_whole(path, json.dumps(settings, indent=1) + "\n")

    def __len__(self) -> int:
        """Returns the number of parts, counted from the first up to a gap."""
        number = 0
        while self._path(number).exists():
            number += 1
        return number

    def read(self, number: int) -> Part:
        """Returns the description of a part, after its digest was compared; raises as `check_part`."""
        return check_part(self._path(number))

    def batch(self, number: int) -> pa.RecordBatch:
        """Returns the rows of a part; raises as `read_batch`."""
        return read_batch(self._path(number))

    def write(self, number: int, part: Part, batch: pa.RecordBatch) -> None:
        """Writes a part, which gets its name when it is whole.

        Raises:
            OSError: It cannot be written, as on a full disk; what was written before stays.
        """
        partial = self._path(number).with_suffix(".arrow.partial")
        with self.writing(partial):
            write_part(partial, part, batch)
            os.replace(partial, self._path(number))
            sync_folder(self.folder)

    @contextlib.contextmanager
    def writing(self, path: Path) -> Iterator[None]:
        """Removes a file that could not be written whole, and says that the parts are safe.

        Raises:
            OSError: In place of the one that came.
        """
        try:
            yield
        except OSError as error:
            _remove(path)
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise OSError(
                f"{path} cannot be written: {reason}. What was finished before is kept in {self.folder}; make room, "
                "and the same command continues from there"
            ) from error

    def finish(self, out: Path, whole: Path) -> None:
        """Gives a finished output its final name and removes the folder.

        Args:
            out: The final name; nothing may be there.
            whole: The output, at `whole_path`.

        Raises:
            FileExistsError: There is something of the final name.
        """
        for path in [*whole.rglob("*"), whole]:
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        if os.path.lexists(out):
            raise FileExistsError(f"{out} has appeared meanwhile; move it, and give the same command again")
        os.rename(whole, out)
        sync_folder(out.parent)
        shutil.rmtree(self.folder, ignore_errors=True)  # NFS keeps the lock, as .nfs…, until it is closed

    def whole_path(self, out: Path) -> Path:
        """Returns where the output is put together before it has its name."""
        return self.folder / f"whole{out.suffix}"

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06}.arrow"


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
