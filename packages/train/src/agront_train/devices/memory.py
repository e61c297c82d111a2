"""Memory of a run on each device, known before it starts."""

import dataclasses
import math
from typing import Any

import jax

from agront_train.config import TrainConfig
from agront_train.devices.device_batch import check_batch_size
from agront_train.devices.model_costs import ModelCosts
from agront_train.update import TrainState, map_moments


@dataclasses.dataclass(frozen=True, kw_only=True)
class DeviceMemory:
    """Bytes on each device, by part."""

    parameters: int
    """Parameters, float32, frozen ones included."""
    gradients: int
    """Their gradient."""
    accumulator: int
    """A second gradient, to which micro-batches are added; 0 where there is one micro-batch only."""
    adam: int
    """Adam's moments and counts; of the moments only a share where the optimizer is sharded."""
    share: int
    """The device's share of the parameters, where the optimizer is sharded: XLA cuts it out before it is needed."""
    weight_copy: int
    """Parameters in the format of the matrix products."""
    activations: int
    """Kept of the rows of a micro-batch for the backward pass."""
    transient: int
    """Needed in addition to the activations, at times."""

    @property
    def total(self) -> int:
        """The sum of all parts; what XLA needs for scratch and communication comes on top."""
        return sum(dataclasses.astuple(self))


def num_bytes(tree: Any) -> int:
    """Bytes of all arrays of a tree, or of the shapes that `jax.eval_shape` gives."""
    return sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))


def device_memory(state: TrainState, config: TrainConfig, model: ModelCosts, num_devices: int) -> DeviceMemory:
    """Memory of each device during a step.

    Args:
        state: `init_state`, or its shapes: `jax.eval_shape(lambda: init_state(task, config))`.
        config: batch size, micro-batches, and whether the optimizer is sharded.
        model: its part.
        num_devices: devices over all hosts.

    Raises:
        ValueError: devices and micro-batches do not divide the batch.
    """
    check_batch_size(config, num_devices)
    rows = config.batch_size // (num_devices * config.micro_batches)
    fixed = _without_rows(state, config, model, num_devices)
    return dataclasses.replace(fixed, activations=rows * model.row_activations, transient=rows * model.row_transient)


def largest_micro_batch(
    state: TrainState, config: TrainConfig, model: ModelCosts, num_devices: int, available: int
) -> int:
    """Rows of the largest micro-batch for which `device_memory` stays within `available` bytes; 0 if not even one."""
    left = available - _without_rows(state, config, model, num_devices).total
    return max(0, left // (model.row_activations + model.row_transient))


def fewest_micro_batches(
    state: TrainState, config: TrainConfig, model: ModelCosts, num_devices: int, available: int
) -> int | None:
    """The smallest number of micro-batches that divides a device's rows and fits; None if none does.

    Raises:
        ValueError: the devices do not divide the batch.
    """
    check_batch_size(dataclasses.replace(config, micro_batches=1), num_devices)
    rows = config.batch_size // num_devices
    for parts in (parts for parts in range(1, rows + 1) if rows % parts == 0):
        changed = dataclasses.replace(config, micro_batches=parts)
        if rows // parts <= largest_micro_batch(state, changed, model, num_devices, available):
            return parts
    return None


def fewest_devices(state: TrainState, config: TrainConfig, model: ModelCosts, available: int) -> int | None:
    """The smallest number of devices that divides the batch into its micro-batches and fits; None if none does."""
    for number in range(1, config.batch_size // config.micro_batches + 1):
        if config.batch_size % (number * config.micro_batches) == 0:
            rows = config.batch_size // (number * config.micro_batches)
            if rows <= largest_micro_batch(state, config, model, number, available):
                return number
    return None


def _without_rows(state: TrainState, config: TrainConfig, model: ModelCosts, num_devices: int) -> DeviceMemory:
    parameters, optimizer, share = num_bytes(state.params), state.opt_state, 0
    if config.shard_optimizer:

        def cut(tree: Any) -> Any:
            sizes = jax.tree.map(lambda leaf: -(-math.prod(leaf.shape) // num_devices), tree)
            return jax.tree.map(lambda leaf, size: jax.ShapeDtypeStruct((size,), leaf.dtype), tree, sizes)

        share = num_bytes(cut(state.params))
        optimizer = map_moments(cut, lambda other: other, optimizer)
    return DeviceMemory(
        parameters=parameters + num_bytes(state.frozen),
        gradients=parameters,
        accumulator=parameters if config.micro_batches > 1 else 0,
        adam=num_bytes(optimizer),
        share=share,
        weight_copy=model.weight_copy,
        activations=0,
        transient=0,
    )
