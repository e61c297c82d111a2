"""A host's rows, cut for its devices."""

from typing import Any

import jax
import numpy as np

from agront_train.config import TrainConfig
from agront_train.interfaces import Batch


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


def split_batch(batch: Batch, num_devices: int, micro_batches: int) -> Any:
    """Cut one host's B rows into [N, A, b]: b rows in each of A micro-batches on each of its N devices.

    Args:
        batch: B rows.
        num_devices: N, the devices of this host.
        micro_batches: A, the micro-batches of a device.

    Returns:
        A batch of the same kind, each leaf [N, A, b, …]. Row numbers are uint32: they seed draws on the device.

    Raises:
        ValueError: the rows cannot be cut evenly, or a row number has passed 2**32.
    """
    num_rows = len(batch.rows)
    if num_rows % (num_devices * micro_batches):
        raise ValueError(f"{num_rows} rows cannot be cut over {num_devices} devices x {micro_batches} micro-batches")
    if num_rows and int(batch.rows.max()) >= 2**32:
        raise ValueError(f"row number {batch.rows.max()} does not fit 32 bits: the run has seen 2**32 rows")
    shape = (num_devices, micro_batches, num_rows // (num_devices * micro_batches))

    def cut(leaf: np.ndarray) -> np.ndarray:
        leaf = leaf.astype(np.uint32) if leaf is batch.rows else leaf
        return leaf.reshape(*shape, *leaf.shape[1:])

    return jax.tree.map(cut, batch)
