"""What is said of updates that were skipped, and when a run ends for them."""

from collections.abc import Sequence

from agront_train.config import TrainConfig
from agront_train.metrics import StepRecord


def describe_skipped(record: StepRecord, config: TrainConfig) -> str:
    """A sentence on a skipped update, with the rows that it was computed from."""
    rows = f"rows {(record.step - 1) * config.batch_size} to {record.step * config.batch_size - 1}"
    return f"update {record.step} was skipped: loss {record.loss}, gradient norm {record.grad_norm}, {rows}"


def check_divergence(record: StepRecord, in_a_row: int, config: TrainConfig, checkpoints: Sequence[int]) -> None:
    """End a run whose updates are skipped one after another.

    Args:
        record: the last update.
        in_a_row: how many were skipped up to it.
        config: says how many may be.
        checkpoints: the steps of those that are there.

    Raises:
        FloatingPointError: so many were.
    """
    if in_a_row < config.stop_after_skipped:
        return
    kept = f"checkpoint {checkpoints[-1]} is the last, and finite" if checkpoints else "there is no checkpoint yet"
    raise FloatingPointError(
        f"training has diverged: {in_a_row} updates in a row have a loss or gradient that is not finite "
        f"({describe_skipped(record, config)}); {kept}. Resuming meets the same rows: begin a run with a lower "
        "learning rate or with clip_norm"
    )
