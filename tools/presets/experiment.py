"""What one run of `tools/pretrain.py` is made of."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tyro
from agront_data import PROPORTIONAL, HeldOut, Mixture, Windows
from agront_model import AgroNTConfig, Precision, make_model
from agront_tokenizer import KmerTokenizer, Vocabulary
from agront_train import MaskedTokenTask, RunIdentity, TrainConfig, setting_defaults

# In the order in which they are recorded.
_DECISIVE = ("model", "precision", "windows", "held_out", "both_strands", "mixture", "soft_masked_weight")


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

    @property
    def tokenizer(self) -> KmerTokenizer:
        """The tokenizer of the model's vocabulary: its number of token ids decides k.

        Raises:
            ValueError: no k gives so many, or `<pad>` or `<mask>` has another id; the message names the option.
        """
        try:
            vocabulary = Vocabulary.of_size(self.model.vocabulary_size)
        except ValueError as error:
            raise ValueError(f"--model.vocabulary-size is {self.model.vocabulary_size}: {error}") from error
        for option, here, there in (
            ("pad-token-id", self.model.pad_token_id, vocabulary.pad_id),
            ("mask-token-id", self.model.mask_token_id, vocabulary.mask_id),
        ):
            if here != there:
                raise ValueError(f"--model.{option} is {here}, but the tokenizer's is {there}: leave the option out")
        return KmerTokenizer(vocabulary)

    def row_tokens(self) -> int:
        """The tokens of a row: `<cls>`, the k-mers of a window, and single letters where k does not divide it.

        Raises:
            ValueError: the model has no positions for so many.
        """
        length, most = self.windows.length, self.model.max_tokens
        num_tokens = self.tokenizer.num_tokens(length)
        if num_tokens > most:
            raise ValueError(
                f"a window of {length} bases makes {num_tokens} tokens, but the model has {most} positions: give "
                f"--windows.length {self.tokenizer.most_bases(most)} or less, or --model.max-tokens {num_tokens}"
            )
        return num_tokens

    def task(self) -> MaskedTokenTask:
        """The task of training: masked tokens of a window, predicted by this model.

        Raises:
            ValueError: model and windows do not fit.
        """
        return MaskedTokenTask(
            model=make_model(self.model, self.precision, remat=self.remat),
            vocabulary=self.tokenizer.vocabulary,
            masking=self.train.masking,
            num_tokens=self.row_tokens(),
        )

    def settings(self) -> dict[str, Any]:
        """The settings that must be the same when a run is resumed, as JSON-able values; training adds its own."""
        return _decisive(dataclasses.asdict(self))

    def identity(self, fingerprints: Mapping[str, str], older: Mapping[str, str]) -> RunIdentity:
        """What must be the same when a run is resumed.

        Args:
            fingerprints: of what the run is made from, by name.
            older: what an older version recorded in place of some of them.
        """
        defaults = _decisive(setting_defaults(self))
        return RunIdentity(settings={**self.settings(), **fingerprints}, defaults=defaults, older=older)


def _decisive(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: settings[name] for name in _DECISIVE if name in settings}
