"""What is measured, step by step, and where it is written."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from tensorboardX import SummaryWriter

from agront_train.whole_file import write_whole


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepRecord:
    """One update."""

    step: int
    """Updates made, this one included."""
    loss: float
    """Mean training loss, nats a predicted token."""
    learning_rate: float
    """The rate this update was made with."""
    grad_norm: float
    """Global norm of the gradient before clipping."""
    tokens_per_second: float
    """Tokens of the global batch, padding included, by the time of the update; compilation counts in the first."""
    held_out_loss: float | None = None
    """Mean held-out loss after this update, nats a token at `<mask>`; None where it was not measured."""

    def to_json(self) -> dict[str, Any]:
        """The fields that were measured."""
        return {name: value for name, value in dataclasses.asdict(self).items() if value is not None}


class Observer(Protocol):
    """Somebody who wants to know of every update: a file, a progress bar."""

    def record(self, record: StepRecord) -> None:
        """Called once an update, in order."""

    def note(self, message: str) -> None:
        """Called with a sentence for a person: a checkpoint rejected, a run resumed."""

    def close(self) -> None:
        """Called at the end, also when training fails."""


class MetricsFile:
    """An `Observer` that writes JSON lines: one update a line, whole lines only."""

    def __init__(self, path: Path, *, resume_at: int = 0):
        """Open for appending.

        Args:
            path: the file; made where it is not there.
            resume_at: updates that the run resumes with: lines of later ones are dropped, as they are made again.
        """
        kept = [record for record in read_metrics(path) if record["step"] <= resume_at] if path.exists() else []
        write_whole(path, "".join(json.dumps(record) + "\n" for record in kept))
        self._file = path.open("a")

    def record(self, record: StepRecord) -> None:
        """Write a line."""
        self._file.write(json.dumps(record.to_json()) + "\n")
        self._file.flush()

    def note(self, message: str) -> None:
        """Notes are for people; the file holds numbers."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class TensorBoardLog:
    """An `Observer` that writes TensorBoard scalars."""

    def __init__(self, folder: Path, *, resume_at: int = 0):
        """Open a new event file; TensorBoard hides what older ones hold of later updates than `resume_at`."""
        self._writer = SummaryWriter(str(folder), purge_step=resume_at + 1)

    def record(self, record: StepRecord) -> None:
        """Write every number of the record under its name."""
        for name, value in record.to_json().items():
            if name != "step":
                self._writer.add_scalar(name, value, record.step)

    def note(self, message: str) -> None:
        """Notes are for people; the log holds numbers."""

    def close(self) -> None:
        """Flush and close."""
        self._writer.close()


def read_metrics(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a metrics file. A last line that a kill cut short is left out.

    Raises:
        ValueError: a line that is not the last cannot be read.
    """
    lines = path.read_text().split("\n")
    for number, line in enumerate(lines, 1):
        try:
            if line:
                yield json.loads(line)
        except ValueError as error:
            if number < len(lines):
                raise ValueError(f"{path}, line {number} is not JSON ({error}): mend or delete it") from error
