"""An update on its way to the observers: timed, recorded, and named where it was skipped."""

import contextlib
import time
from collections.abc import Iterator

from agront_train.config import TrainConfig
from agront_train.observers.step_record import StepRecord
from agront_train.update import StepMetrics


class Stopwatch:
    """Times updates by the arrival of their metrics, because the devices compute while the host continues."""

    def __init__(self) -> None:
        """Begin."""
        self.restart()

    def restart(self) -> None:
        """Leave out everything since the last update."""
        self._last, self._waited = time.perf_counter(), 0.0

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time inside as waiting for rows."""
        start = time.perf_counter()
        yield
        self._waited += time.perf_counter() - start

    def lap(self) -> tuple[float, float]:
        """Seconds since the last lap, and the share of them, 0 to 1, that was spent waiting."""
        now = time.perf_counter()
        seconds, waited = now - self._last, self._waited
        self._last, self._waited = now, 0.0
        return seconds, min(1.0, waited / seconds)


def record_of_update(
    step: int, metrics: StepMetrics, stopwatch: Stopwatch, tokens: int, peak_tokens_per_second: float | None
) -> StepRecord:
    """Record an update whose metrics have arrived, and begin to time the next one.

    Args:
        step: updates made, this one included.
        metrics: of the update, on the host.
        stopwatch: gives its time.
        tokens: of the global batch, padding included.
        peak_tokens_per_second: see `Monitoring`.
    """
    seconds, wait = stopwatch.lap()
    rate = tokens / seconds
    return StepRecord(
        step=step,
        loss=float(metrics.loss),
        grad_norm=float(metrics.grad_norm),
        learning_rate=float(metrics.learning_rate),
        tokens_per_second=rate,
        data_wait=wait,
        utilisation=None if peak_tokens_per_second is None else rate / peak_tokens_per_second,
        skipped=bool(metrics.skipped_in_a_row),
    )


def describe_skipped(record: StepRecord, config: TrainConfig) -> str:
    """A sentence on a skipped update, with the rows that it was computed from."""
    rows = f"rows {(record.step - 1) * config.batch_size} to {record.step * config.batch_size - 1}"
    return f"update {record.step} was skipped: loss {record.loss}, gradient norm {record.grad_norm}, {rows}"


def divergence(record: StepRecord, in_a_row: int, config: TrainConfig) -> FloatingPointError:
    """The error that ends a run whose updates are skipped one after another.

    Args:
        record: the last update.
        in_a_row: number of consecutive updates that were skipped, this one included.
        config: the run.
    """
    return FloatingPointError(
        f"training has diverged: {in_a_row} updates in a row have a loss or gradient that is not finite "
        f"({describe_skipped(record, config)}). The last checkpoint, if there is one, is finite. Resuming meets the "
        "same rows: begin a run with a lower learning rate or with clip_norm"
    )
