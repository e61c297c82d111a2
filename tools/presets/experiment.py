"""What one run of `tools/pretrain.py` is made of."""

import dataclasses
from pathlib import Path
from typing import Any

import tyro
from agront_data import PROPORTIONAL, HeldOut, Mixture, Windows
from agront_model import AgroNTConfig, Precision
from agront_train import TrainConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class Experiment:
    """Data, model and training of one run."""

    data: str = tyro.MISSING
    """The genome store to train on, made by tools/prepare_data.py: a folder, or an address as gs://bucket/path."""
    endpoint: str | None = None
    """Address of an S3-compatible server that is not Amazon's, for data at s3://bucket/path."""
    run: Path = tyro.MISSING
    """The folder for checkpoints, metrics and pictures. The same command again resumes what lies there."""
    model: AgroNTConfig
    """What the model is."""
    precision: Precision
    """What it computes in."""
    windows: Windows
    """How genomes are cut into rows: 6 bases make a token."""
    held_out: HeldOut
    """Which sequence is never trained on, and measures what was learned."""
    both_strands: bool = True
    """Whether each row is read from either strand, drawn anew each time."""
    mixture: Mixture = PROPORTIONAL
    """How rows are shared among genomes."""
    soft_masked_weight: float = 1.0
    """What a soft-masked base (lower case: a repeat) counts in the training loss; 0 leaves repeats out of it."""
    train: TrainConfig
    """How it is trained."""
    remat: bool = False
    """Compute activations again in the backward pass: less memory, about a third more time."""
    devices: int | None = None
    """How many of this machine's devices to use; None takes all."""
    init_from: str | None = None
    """Weights to begin with, not random ones, to go on with pre-training on genomes of one's own: a folder (Hugging
    Face's files, the authors' jax_model, a run of this tool or one of its checkpoints), or OWNER/NAME or
    OWNER/NAME@REVISION on the Hugging Face Hub. The model is then theirs, whatever the preset says."""
    coordinator: str | None = None
    """HOST:PORT of the first process, where several train together. Where JAX finds the others by itself (TPU pods,
    Slurm, Open MPI, the JAX_* variables), none of these three is needed."""
    num_processes: int | None = None
    """How many processes train together, one a host as a rule."""
    process_id: int | None = None
    """This process's number, from 0."""
    wandb: str | None = None
    """A project of Weights & Biases to send all numbers to."""
    profile: int = 0
    """How many updates to trace with JAX's profiler, from the tenth of this session on; into RUN/profile."""

    def identity(self) -> dict[str, Any]:
        """The settings that must be the same when a run is resumed; training adds its own."""
        return {
            "model": dataclasses.asdict(self.model),
            "precision": dataclasses.asdict(self.precision),
            "windows": dataclasses.asdict(self.windows),
            "held_out": dataclasses.asdict(self.held_out),
            "both_strands": self.both_strands,
            "mixture": dataclasses.asdict(self.mixture),
            "soft_masked_weight": self.soft_masked_weight,
        }
