"""The sentences of a run in a file, so that a night's warnings can be read next morning."""

import contextlib
import datetime
from pathlib import Path

from agront_train.observers.step_record import StepRecord
from agront_train.run_folder import AppendedFile


class NotesFile:
    """An `Observer` that appends every note with its time, UTC, and nothing else.

    A note that cannot be written, as on a full disk, is tried again at each update; it would help nobody if the
    warning of a full disk failed for the same reason.
    """

    def __init__(self, path: Path):
        """Open the file for appending; it is created if it does not exist."""
        self._file = AppendedFile(path)

    def record(self, record: StepRecord) -> None:
        """Try again to write earlier notes; the numbers are in other files."""
        self._append("")

    def note(self, message: str) -> None:
        """Write a line; further lines of the message are indented."""
        time = datetime.datetime.now(datetime.UTC).isoformat(" ", "seconds").replace("+00:00", "Z")
        self._append(f"{time}  " + "\n    ".join(message.splitlines()) + "\n")

    def _append(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._file.append(text.encode())

    def close(self) -> None:
        """Close the file.

        Raises:
            OSError: notes are left that could not be written.
        """
        self._file.close()
