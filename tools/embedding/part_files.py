"""Part files: what is finished of an output, kept through Ctrl-C, a kill or a full disk."""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
from agront_data.file_lock import open_locked
from agront_train.whole_file import write_whole

_SETTINGS, _LOCK = "settings.json", "lock"
_PART = re.compile(r"[0-9]{6,}\.arrow")
_OURS = re.compile(rf"{_PART.pattern}(\.partial)?|{_SETTINGS}(\.partial)?|{_LOCK}|whole\..+")


class Part(NamedTuple):
    """What a part file says of itself.

    Attributes:
        num_sequences: sequences in it.
        num_tokens: their tokens.
        num_tiled: sequences of them that are longer than the model's context.
        digest: of its sequences, see `digest_of`.
    """

    num_sequences: int
    num_tokens: int
    num_tiled: int
    digest: str


class PartFiles:
    """The folder `OUT.parts`: `settings.json`, and `000000.arrow` and so on, each an Arrow file of one record batch."""

    def __init__(self, folder: Path):
        """Name the folder; `opened` makes it ready."""
        self.folder = folder

    @contextlib.contextmanager
    def opened(self, settings: Mapping[str, Any]) -> Iterator[None]:
        """Make or take up the folder, and keep other processes out of it.

        Args:
            settings: all that decides what the output holds, JSON-able; each is said by its name where it differs.

        Raises:
            ValueError: the folder is that of another command, is in use, or holds other things.
        """
        self.folder.mkdir(exist_ok=True)
        strange = [path.name for path in self.folder.iterdir() if not _OURS.fullmatch(path.name)]
        if strange:
            raise ValueError(
                f"{self.folder}: is meant for unfinished output and holds other files ({strange[0]}); move them"
            )
        try:
            lock = open_locked(self.folder / _LOCK)
        except BlockingIOError as error:
            raise ValueError(f"{self.folder}: another process writes there; wait for it or stop it") from error
        try:
            self._check_settings(settings)
            for path in self.folder.iterdir():
                if path.name.endswith(".partial") or path.name.startswith("whole."):
                    _remove(path)
            yield
        finally:
            os.close(lock)

    def _check_settings(self, settings: Mapping[str, Any]) -> None:
        path, given = self.folder / _SETTINGS, json.loads(json.dumps(settings))
        if not path.exists():
            if list(self.folder.glob("*.arrow")):
                raise ValueError(f"{self.folder}: has parts but no {_SETTINGS}; remove the folder to begin anew")
            with self.writing(path):
                write_whole(path, json.dumps(given, indent=1) + "\n")
            return
        try:
            begun = json.loads(path.read_text())
        except ValueError as error:
            raise ValueError(f"{path}: is damaged; remove the folder {self.folder} to begin anew ({error})") from error
        differing = differences(begun, given)
        if differing:
            raise ValueError(
                f"{self.folder}: holds the unfinished output of another command ({differing}). Give the same command "
                f"to go on with it, or remove that folder to begin anew"
            )

    def __len__(self) -> int:
        """Number of parts, counted from the first up to a gap."""
        number = 0
        while self._path(number).exists():
            number += 1
        return number

    def read(self, number: int) -> Part:
        """What a part says of itself.

        Raises:
            ValueError: the file is damaged.
        """
        with self._open(number) as reader:
            return Part(**json.loads(reader.schema.metadata[b"part"]))

    def write(self, number: int, part: Part, batch: pa.RecordBatch) -> None:
        """Write a part; it has its name only when whole.

        Raises:
            OSError: it cannot be written, as on a full disk; what was written before stays.
        """
        schema = batch.schema.with_metadata({"part": json.dumps(part._asdict())})
        partial = self._path(number).with_suffix(".arrow.partial")
        with self.writing(partial):
            with partial.open("wb") as file:
                with pa.ipc.new_file(file, schema) as writer:
                    writer.write_batch(batch.replace_schema_metadata(schema.metadata))
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, self._path(number))

    @contextlib.contextmanager
    def writing(self, path: Path) -> Iterator[None]:
        """Removes what could not be written whole, and says that the parts are safe.

        Raises:
            OSError: in place of the one that came.
        """
        try:
            yield
        except OSError as error:
            _remove(path)
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise OSError(
                f"{path} cannot be written: {reason}. What was finished before is kept in {self.folder}; make room, "
                "and the same command goes on from there"
            ) from error

    def batches(self, columns: Iterable[str] | None = None) -> Iterator[pa.RecordBatch]:
        """The parts' contents in order, one in memory at a time; some columns or all."""
        for number in range(len(self)):
            with self._open(number) as reader:
                batch = reader.get_batch(0)
                yield (batch if columns is None else batch.select(list(columns))).replace_schema_metadata(None)

    def finish(self, out: Path, whole: Path) -> None:
        """Give a finished output its final name and remove all else.

        Args:
            out: the final name; nothing may be there.
            whole: the output, at `whole_path`.

        Raises:
            FileExistsError: there is something of the final name.
        """
        for path in [*whole.rglob("*"), whole]:
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
        if out.exists():
            raise FileExistsError(f"{out} has appeared meanwhile; move it, and give the same command again")
        os.rename(whole, out)
        shutil.rmtree(self.folder, ignore_errors=True)  # a network drive keeps the lock until it is closed

    def whole_path(self, out: Path) -> Path:
        """Where the output is put together before it has its name."""
        return self.folder / f"whole{out.suffix}"

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06}.arrow"

    @contextlib.contextmanager
    def _open(self, number: int) -> Iterator[pa.ipc.RecordBatchFileReader]:
        with pa.memory_map(str(self._path(number))) as source:
            try:
                reader = pa.ipc.open_file(source)
            except pa.ArrowInvalid as error:
                raise ValueError(
                    f"{self._path(number)}: is damaged; remove it, and it is made again ({error})"
                ) from error
            yield reader


def differences(begun: Mapping[str, Any], given: Mapping[str, Any]) -> str:
    """Names the settings that differ, each with both values; empty where none does."""
    names = [name for name in {**begun, **given} if begun.get(name) != given.get(name)]
    return "; ".join(f"{name}: {begun.get(name)!r} there, {given.get(name)!r} here" for name in names)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
