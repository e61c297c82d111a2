"""A run as `tools/pretrain.py` would make it, on devices that need not be there, and its costs."""

import dataclasses
from pathlib import Path

import jax
import tyro
from agront_data import HeldOut, Windows
from agront_model import AgroNTConfig, Precision, RowCosts, row_costs
from agront_train import TrainConfig, TrainState, init_state
from agront_train.devices import Accelerator, ModelCosts, parse_devices
from agront_train.tasks import MaskedTokenTask
from presets import Experiment

_OF_EXPERIMENT = ("model", "precision", "windows", "held_out", "train", "remat")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PlannedRun:
    """What of a run decides its costs, and where it shall run."""

    devices: str = tyro.MISSING
    """Which devices, and how many over all hosts: NAME:COUNT, as tpu-v4:512 or h100:8."""
    utilisation: float | None = None
    """Share of the peak that a run of yours has reached; without it, time is estimated. The published run: 0.07."""
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

    def where(self) -> tuple[Accelerator, int]:
        """The accelerator, and how many of it; a ValueError where there is no such."""
        try:
            return parse_devices(self.devices)
        except ValueError as error:
            raise ValueError(f"--devices is {error}") from error

    def state(self) -> TrainState:
        """The shapes of the state; no array is made."""
        return jax.eval_shape(lambda: init_state(self.task(), self.train))

    def row_costs(self, remat: bool) -> RowCosts:
        """What a row costs on the devices, with remat or without it."""
        task, device, compute = self.task(), self.where()[0], self.precision.compute
        platform = device.platform if device.has_attention_kernel else "too old for kernels"
        return row_costs(self.model, task.num_tokens, task.num_masked, platform=platform, compute=compute, remat=remat)

    def model_costs(self, remat: bool) -> ModelCosts:
        """The part of memory and time that the model decides, with remat or without it."""
        row = self.row_costs(remat)
        return ModelCosts(row.memory.layers, row.memory.transient, row.made.total, row.traffic, row.weight_copy)
