"""Files of numbers: a line of JSON for each update, and TensorBoard's scalars."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agront_train.observers.event_clock import EventClock
from agront_train.observers.guess import guesses_as_markdown
from agront_train.observers.step_record import StepRecord, tagged_scalars
from agront_train.observers.tensorboard_events import first_events, summary_event
from agront_train.run_folder import AppendedFile, write_whole


class MetricsFile:
    """An `Observer` that writes JSON lines: one update a line, whole lines only."""

    def __init__(self, path: Path, *, resume_at: int = 0):
        """Open for appending.

        Args:
            path: the file; created if it does not exist.
            resume_at: updates that the run resumes with: lines of later ones are dropped, as they are made again.
        """
        kept = [record for record in read_metrics(path) if record["step"] <= resume_at] if path.exists() else []
        write_whole(path, "".join(json.dumps(record) + "\n" for record in kept))
        self._file = AppendedFile(path)

    def record(self, record: StepRecord) -> None:
        """Write a line.

        Raises:
            OSError: it cannot be written, as on a full disk. It is kept, and written with the next one that can be.
        """
        self._file.append(json.dumps(record.to_json(), allow_nan=False).encode() + b"\n")

    def note(self, message: str) -> None:
        """Leave notes out: the file holds numbers."""

    def close(self) -> None:
        """Close the file.

        Raises:
            OSError: lines are left that could not be written.
        """
        self._file.close()


class TensorBoardLog:
    """An `Observer` that writes TensorBoard's scalars, and guesses as text."""

    def __init__(self, folder: Path, *, resume_at: int = 0):
        """Open a new event file; TensorBoard hides what older ones hold of later updates than `resume_at`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._clock = EventClock(folder)
        self._file = AppendedFile(folder / self._clock.file_name())
        self._file.append(first_events(self._clock.now(), resume_at + 1))

    def record(self, record: StepRecord) -> None:
        """Write every number that is finite.

        Raises:
            OSError: it cannot be written, as on a full disk. It is kept, and written with the next one that can be.
        """
        texts = {} if record.guesses is None else {"guesses": guesses_as_markdown(record.guesses)}
        self._file.append(summary_event(self._clock.now(), record.step, tagged_scalars(record), texts))

    def note(self, message: str) -> None:
        """Leave notes out: the log holds numbers."""

    def close(self) -> None:
        """Close the file.

        Raises:
            OSError: events are left that could not be written.
        """
        self._file.close()


def read_metrics(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a metrics file. A last line that a kill cut short is left out.

    Raises:
        ValueError: a line that is not the last cannot be read.
    """
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, 1):
        try:
            if line:
                yield json.loads(line)
        except ValueError as error:
            if number < len(lines):
                raise ValueError(f"{path}, line {number} is not JSON ({error}): mend or delete it") from error
