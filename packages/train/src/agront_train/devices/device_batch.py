"""A host's rows, cut for its devices.

N local devices, A micro-batches a device, b rows a micro-batch: a host's B rows are cut into [N, A, b].
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32, Integer, UInt32

from agront_train.config import TrainConfig
from agront_train.interfaces import TrainingBatch


class HostRows(NamedTuple):
    """One host's rows of a global batch: the plainest `TrainingBatch`."""

    tokens: Integer[np.ndarray, "B T"]
    """Token ids."""
    rows: Integer[np.ndarray, "B"]
    """Global row numbers."""
    loss_weights: Float32[np.ndarray, "B T"] | None
    """What each token counts in the loss; None where all count 1."""


class DeviceBatch(NamedTuple):
    """One host's rows, cut for its devices."""

    tokens: Integer[np.ndarray, "N A b T"]
    """Token ids."""
    rows: UInt32[np.ndarray, "N A b"]
    """Global row numbers."""
    loss_weights: Float32[np.ndarray, "N A b T"] | None
    """What each token counts in the loss; None where all count 1."""


def check_batch_size(config: TrainConfig, num_devices: int) -> None:
    """Refuse a batch that devices and micro-batches do not divide.

    Args:
        config: the global batch size and the micro-batches of each device.
        num_devices: devices over all hosts.

    Raises:
        ValueError: with the numbers and the nearest batch size that would do.
    """
    parts = num_devices * config.micro_batches
    if config.batch_size % parts:
        fitting = max(1, round(config.batch_size / parts)) * parts
        raise ValueError(
            f"a batch of {config.batch_size} rows cannot be cut evenly over {num_devices} devices with "
            f"{config.micro_batches} micro-batches each: choose another train.micro_batches, another number of "
            f"devices, or train.batch_size {fitting}"
        )


def split_batch(batch: TrainingBatch, num_devices: int, micro_batches: int) -> DeviceBatch:
    """Cut one host's rows for its devices. Row numbers become uint32, which is what seeds a mask.

    Raises:
        ValueError: the rows cannot be cut evenly, or a row number has passed 2**32.
    """
    num_rows, num_tokens = batch.tokens.shape
    if num_rows % (num_devices * micro_batches):
        raise ValueError(f"{num_rows} rows cannot be cut over {num_devices} devices x {micro_batches} micro-batches")
    if num_rows and int(batch.rows.max()) >= 2**32:
        raise ValueError(f"row number {batch.rows.max()} does not fit 32 bits: the run has seen 2**32 rows")
    shape = (num_devices, micro_batches, num_rows // (num_devices * micro_batches))
    weights = None if batch.loss_weights is None else batch.loss_weights.reshape(*shape, num_tokens)
    return DeviceBatch(batch.tokens.reshape(*shape, num_tokens), batch.rows.astype(np.uint32).reshape(shape), weights)
