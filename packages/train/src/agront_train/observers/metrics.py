"""What is measured, step by step, and where it is written."""

import dataclasses
import json
import math
import os
import socket
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from agront_train.observers.tensorboard_events import first_events, summary_event
from agront_train.run_folder import AppendedFile, write_whole
from agront_train.tasks import Guess, guesses_as_markdown


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
    held_out_loss_by_group: Mapping[str, float] | None = None
    """The same for each group of held-out rows, such as a species."""
    guesses: tuple[Guess, ...] | None = None
    """What the model guesses at some masked positions of a held-out row; None where it was not asked."""
    data_wait: float | None = None
    """Share of the update's time, 0 to 1, that was spent waiting for its batch."""
    utilisation: float | None = None
    """Floating-point operations of the model a second as a share of the devices' peak; None where that is unknown."""
    skipped: bool = False
    """Whether the update was left out because its loss or gradient, as given here, is not finite."""

    def to_json(self) -> dict[str, Any]:
        """The fields that were measured, as JSON knows them: null for a number that is not finite."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: _to_json(value) for name, value in fields.items() if value is not None and value is not False}


def _to_json(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Guess):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {name: _to_json(inner) for name, inner in value.items()}
    return [_to_json(inner) for inner in value] if isinstance(value, tuple) else value


# Dashboards show what stands before the slash as a section.
_TAGS = {
    "loss": "loss/training",
    "held_out_loss": "loss/held_out",
    "learning_rate": "optimizer/learning_rate",
    "grad_norm": "optimizer/grad_norm",
    "tokens_per_second": "speed/tokens_per_second",
    "utilisation": "speed/utilisation",
    "data_wait": "speed/data_wait",
}


def tagged_scalars(record: StepRecord) -> dict[str, float]:
    """The finite numbers of a record under the names that dashboards show them by."""
    values = {tag: getattr(record, name) for name, tag in _TAGS.items()}
    for group, loss in (record.held_out_loss_by_group or {}).items():
        values[f"held_out_loss_by_group/{group}"] = loss
    if record.skipped:
        values["optimizer/skipped_update"] = 1.0
    return {tag: value for tag, value in values.items() if value is not None and math.isfinite(value)}


@runtime_checkable
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
        self._file = AppendedFile(path)

    def record(self, record: StepRecord) -> None:
        """Write a line.

        Raises:
            OSError: it cannot be written, as on a full disk. It is kept, and written with the next one that can be.
        """
        self._file.append(json.dumps(record.to_json(), allow_nan=False).encode() + b"\n")

    def note(self, message: str) -> None:
        """Notes are for people; the file holds numbers."""

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
        # Sorted by name, files are in the order of their beginning.
        name = f"events.out.tfevents.{time.time_ns() / 1e9:.6f}.{socket.gethostname()}.{os.getpid()}"
        self._file = AppendedFile(folder / name)
        self._file.append(first_events(resume_at + 1))

    def record(self, record: StepRecord) -> None:
        """Write every number that is finite.

        Raises:
            OSError: it cannot be written, as on a full disk. It is kept, and written with the next one that can be.
        """
        texts = {} if record.guesses is None else {"guesses": guesses_as_markdown(record.guesses)}
        self._file.append(summary_event(record.step, tagged_scalars(record), texts))

    def note(self, message: str) -> None:
        """Notes are for people; the log holds numbers."""

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
    lines = path.read_text().split("\n")
    for number, line in enumerate(lines, 1):
        try:
            if line:
                yield json.loads(line)
        except ValueError as error:
            if number < len(lines):
                raise ValueError(f"{path}, line {number} is not JSON ({error}): mend or delete it") from error
