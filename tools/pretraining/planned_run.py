"""A run as `tools/pretrain.py` would make it, on devices that need not be there, and its costs."""

import dataclasses
from pathlib import Path
from typing import NamedTuple

import jax
import tyro
from agront_data import HeldOut, Windows
from agront_model import AgroNTConfig, Precision, RowBytes, row_bytes, weight_copy_bytes
from agront_train import TrainConfig, TrainState, init_state
from agront_train.devices import (
    ACCELERATORS,
    Accelerator,
    DeviceMemory,
    ModelBytes,
    device_memory,
    fewest_devices,
    fewest_micro_batches,
    largest_micro_batch,
)
from agront_train.tasks import MaskedTokenTask, num_masked_positions
from presets import Experiment

# What a run may fill of a device; the rest is for the runtime, the compiler's scratch and fragmentation. Assumed.
USABLE = 0.9

_OF_EXPERIMENT = ("model", "precision", "windows", "held_out", "train", "remat")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """What of a run decides its costs, and where it shall run."""

    devices: str = tyro.MISSING
    """Which devices, and how many over all hosts: NAME:COUNT, as tpu-v4:512 or h100:8."""
    utilisation: float = 0.3
    """Share of the devices' peak that the model's FLOP reach; assumed. Of the published run, four days on 512 TPU v4,
    it was 0.07."""
    data: str | None = None
    """The genome store, for the passes over it; without one they are over the published corpus."""
    endpoint: str | None = None
    """Address of an S3-compatible server that is not Amazon's, for data at s3://bucket/path."""
    model: AgroNTConfig
    """What the model is."""
    precision: Precision
    """What it computes in."""
    windows: Windows
    """How genomes are cut into rows: 6 bases make a token."""
    held_out: HeldOut
    """Which sequence is never trained on."""
    train: TrainConfig
    """How it is trained."""
    remat: bool = False
    """Compute activations again in the backward pass. Memory is shown for both."""

    @classmethod
    def of(cls, experiment: Experiment) -> "PlannedRun":
        """The part of an experiment that decides its costs."""
        return cls(**{name: getattr(experiment, name) for name in _OF_EXPERIMENT})

    def task(self) -> MaskedTokenTask:
        """The task of the run.

        Raises:
            ValueError: the model has no positions for a window's tokens.
        """
        parts = {name: getattr(self, name) for name in _OF_EXPERIMENT}
        return Experiment(data="", run=Path(), **parts).task()

    def num_tokens(self) -> int:
        """The tokens of a row.

        Raises:
            ValueError: the model has no positions for so many.
        """
        return self.task().num_tokens

    def num_masked(self) -> int:
        """The positions of a row that are predicted."""
        return num_masked_positions(self.train.masking, self.num_tokens())

    def where(self) -> tuple[Accelerator, int]:
        """The accelerator, and how many of it.

        Raises:
            ValueError: no such accelerator, or no number.
        """
        name, _, count = self.devices.partition(":")
        if name not in ACCELERATORS:
            raise ValueError(f"--devices is {self.devices}: {name!r} is none of {', '.join(ACCELERATORS)}")
        if not count.isdecimal() or int(count) < 1:
            raise ValueError(f"--devices is {self.devices}: say how many, as {name}:8")
        return ACCELERATORS[name], int(count)

    def state(self) -> TrainState:
        """The shapes of the state; no array is made."""
        return jax.eval_shape(lambda: init_state(self.task(), self.train))


class MemoryPlan(NamedTuple):
    """The memory of a run, with remat or without it."""

    memory: DeviceMemory
    row: RowBytes
    fits: bool
    largest_micro_batch: int
    fewest_micro_batches: int | None
    fewest_devices: int | None


def plan_memory(run: PlannedRun, remat: bool) -> MemoryPlan:
    """Memory of each device, and what fits into it.

    Raises:
        ValueError: no such accelerator, or devices and micro-batches do not divide the batch.
    """
    accelerator, count = run.where()
    state, compute = run.state(), run.precision.compute
    row = row_bytes(run.model, run.num_tokens(), run.num_masked(), compute=compute, remat=remat)
    copy = weight_copy_bytes(run.model, compute)
    model = ModelBytes(row_activations=row.layers, row_transient=row.transient, weight_copy=copy)
    memory = device_memory(state, run.train, model, count)
    usable = int(USABLE * accelerator.memory_bytes)
    return MemoryPlan(
        memory,
        row,
        memory.total <= usable,
        largest_micro_batch(state, run.train, model, count, usable),
        fewest_micro_batches(state, run.train, model, count, usable),
        fewest_devices(state, run.train, model, usable),
    )
