"""Whether a run fits the memory of its devices, and with which changes it would."""

import dataclasses
import itertools
from collections.abc import Mapping
from typing import NamedTuple

from agront_train.config import TrainConfig
from agront_train.devices.memory import (
    DeviceMemory,
    device_memory,
    fewest_devices,
    fewest_micro_batches,
    largest_micro_batch,
)
from agront_train.devices.model_costs import ModelCosts
from agront_train.update import TrainState


class MemoryPlan(NamedTuple):
    """The memory of a run on each device, and what fits there."""

    memory: DeviceMemory
    """What the run takes."""
    fits: bool
    """Whether it is within what a program may fill."""
    largest_micro_batch: int
    """Rows, see `largest_micro_batch`."""
    fewest_micro_batches: int | None
    """See `fewest_micro_batches`."""
    fewest_devices: int | None
    """See `fewest_devices`."""


class Remedy(NamedTuple):
    """Settings with which a run fits."""

    remat: bool
    """Whether activations are computed again in the backward pass."""
    shard_optimizer: bool
    """Whether each device keeps a share of Adam's moments only."""
    micro_batches: int
    """Micro-batches of a step."""


def plan_memory(
    state: TrainState, config: TrainConfig, model: ModelCosts, num_devices: int, usable_bytes: int
) -> MemoryPlan:
    """Memory of each device during a step, and what fits into it.

    Args:
        state: `init_state`, or its shapes.
        config: batch size, micro-batches, and whether the optimizer is sharded.
        model: its part.
        num_devices: devices over all hosts.
        usable_bytes: what a program may fill of a device's memory.

    Raises:
        ValueError: devices and micro-batches do not divide the batch.
    """
    memory = device_memory(state, config, model, num_devices)
    return MemoryPlan(
        memory=memory,
        fits=memory.total <= usable_bytes,
        largest_micro_batch=largest_micro_batch(state, config, model, num_devices, usable_bytes),
        fewest_micro_batches=fewest_micro_batches(state, config, model, num_devices, usable_bytes),
        fewest_devices=fewest_devices(state, config, model, usable_bytes),
    )


def find_remedies(
    state: TrainState,
    config: TrainConfig,
    models: Mapping[bool, ModelCosts],
    num_devices: int,
    usable_bytes: int,
    *,
    remat: bool,
) -> list[Remedy]:
    """Settings with which a run fits on the same devices, those that change the least first; empty if there are none.

    Args:
        state: as for `plan_memory`.
        config: as for `plan_memory`.
        models: the model's part, with remat and without.
        num_devices: as for `plan_memory`.
        usable_bytes: as for `plan_memory`.
        remat: whether the run computes activations again.

    Raises:
        ValueError: devices and micro-batches do not divide the batch.
    """
    found = []
    may_shard = config.shard_optimizer or num_devices > 1
    for again, sharded in itertools.product((remat, True), (config.shard_optimizer, may_shard)):
        changed = dataclasses.replace(config, shard_optimizer=sharded)
        plan = plan_memory(state, changed, models[again], num_devices, usable_bytes)
        micro_batches = config.micro_batches if plan.fits else plan.fewest_micro_batches
        if micro_batches is not None:
            found.append(Remedy(again, sharded, micro_batches))
    return list(dict.fromkeys(found))
