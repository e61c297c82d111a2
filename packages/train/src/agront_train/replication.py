"""The same step on many devices: the only module that knows of `pmap`.

N local devices, A micro-batches a device, b rows a micro-batch: a host's B rows are cut into [N, A, b].
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Float32, Integer, Shaped, UInt32

from agront_train.config import TrainConfig
from agront_train.evaluation import held_out_row_losses
from agront_train.interfaces import MaskedLanguageModel, MaskingVocabulary, Params, TrainingBatch
from agront_train.objective import LossSum
from agront_train.step import TrainStep, make_train_step

AXIS = "devices"


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


def replicate(tree: Any, devices: Sequence[jax.Device]) -> Any:
    """Put a copy of every leaf on every device: leaves get a leading axis [N]."""
    sharding = NamedSharding(Mesh(np.asarray(devices), (AXIS,)), PartitionSpec(AXIS))

    def copy(leaf: Shaped[np.ndarray, "..."]) -> jax.Array:
        leaf = np.asarray(leaf)
        return jax.device_put(np.broadcast_to(leaf, (len(devices), *leaf.shape)), sharding)

    return jax.tree.map(copy, tree)


def unreplicate(tree: Any) -> Any:
    """The first local device's copy of every leaf, on the host, without the leading axis."""
    # Copied: on a CPU the array would share the memory of a buffer that the next step is given to write to.
    return jax.tree.map(lambda leaf: np.array(leaf.addressable_shards[0].data).reshape(leaf.shape[1:]), tree)


class DeviceBatch(NamedTuple):
    """One host's rows, cut for its devices."""

    tokens: Integer[np.ndarray, "N A b T"]
    """Token ids."""
    rows: UInt32[np.ndarray, "N A b"]
    """Global row numbers."""
    loss_weights: Float32[np.ndarray, "N A b T"] | None
    """What each token counts in the loss; None where all count 1."""


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


def make_replicated_step(
    model: MaskedLanguageModel, config: TrainConfig, vocabulary: MaskingVocabulary, devices: Sequence[jax.Device]
) -> TrainStep:
    """`make_train_step` over all devices; the state given to it is donated and must not be used again."""
    step = make_train_step(model, config, vocabulary, axis_name=AXIS)
    return jax.pmap(step, axis_name=AXIS, devices=devices, donate_argnums=0)


def make_replicated_evaluation(
    model: MaskedLanguageModel, config: TrainConfig, vocabulary: MaskingVocabulary, devices: Sequence[jax.Device]
) -> Callable[[Params, jax.Array, jax.Array], LossSum]:
    """`held_out_row_losses` over all devices, for rows cut as `split_batch` cuts them: leaves [N, A, b]."""
    losses = held_out_row_losses(model, config, vocabulary)

    def evaluate(params: Params, tokens: jax.Array, rows: jax.Array) -> LossSum:
        return jax.lax.map(lambda micro_batch: losses(params, *micro_batch), (tokens, rows))

    return jax.pmap(evaluate, axis_name=AXIS, devices=devices)
