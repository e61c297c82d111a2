"""What is said of updates that were skipped, and when a run ends for them."""

from agront_train.config import TrainConfig
from agront_train.observers import StepRecord


def describe_skipped(record: StepRecord, config: TrainConfig) -> str:
    """A sentence on a skipped update, with the rows that it was computed from."""
    rows = f"rows {(record.step - 1) * config.batch_size} to {record.step * config.batch_size - 1}"
    return f"update {record.step} was skipped: loss {record.loss}, gradient norm {record.grad_norm}, {rows}"


def divergence(record: StepRecord, in_a_row: int, config: TrainConfig) -> FloatingPointError:
    """What ends a run whose updates are skipped one after another.

    Args:
        record: the last update.
        in_a_row: how many were skipped up to it.
        config: the run.
    """
    return FloatingPointError(
        f"training has diverged: {in_a_row} updates in a row have a loss or gradient that is not finite "
        f"({describe_skipped(record, config)}). The last checkpoint, if there is one, is finite. Resuming meets the "
        "same rows: begin a run with a lower learning rate or with clip_norm"
    )
