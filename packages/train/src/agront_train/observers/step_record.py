"""The record of one update: its numbers, and the names that dashboards show them by."""

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from agront_train.observers.guess import Guess


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
    held_out_rows: int | None = None
    """The number of held-out rows that it is the mean over: a sample before the run's end."""
    held_out_loss_by_group: Mapping[str, float] | None = None
    """The same for each group of held-out rows, such as a species."""
    guesses: tuple[Guess, ...] | None = None
    """Guesses of the model at some masked positions of a held-out row; None where it was not asked."""
    data_wait: float | None = None
    """Share of the update's time, 0 to 1, that was spent waiting for its batch."""
    utilisation: float | None = None
    """Floating-point operations of the model a second as a share of the devices' peak; None where that is unknown."""
    skipped: bool = False
    """True if the update was left out because its loss or gradient, as given here, is not finite."""

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


# Dashboards make a section of the part before the slash.
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
