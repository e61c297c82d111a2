"""The settings of a training run."""

import dataclasses
import math
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class MaskingConfig:
    """Choice of the tokens that the model must predict. The defaults are AgroNT's (paper), and BERT's before it."""

    rate: float = 0.15
    """Share of a row's nucleotide tokens that is chosen for prediction."""
    mask_share: float = 0.8
    """Share of the chosen tokens that `<mask>` replaces."""
    random_share: float = 0.1
    """Share of the chosen tokens that another token of the vocabulary replaces; what is left stays as it is."""

    def __post_init__(self) -> None:
        if not 0 < self.rate <= 1:
            raise ValueError(f"masking.rate is {self.rate}: it must lie in (0, 1]")
        if not (min(self.mask_share, self.random_share) >= 0 and self.mask_share + self.random_share <= 1):
            raise ValueError(
                f"masking.mask_share {self.mask_share} and masking.random_share {self.random_share} "
                "must not be negative, nor be more than 1 together"
            )


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizerConfig:
    """Adam with the schedule of the Nucleotide Transformer family, which is assumed, not known, for AgroNT."""

    initial_learning_rate: float = 5e-5
    """Learning rate of the first update."""
    peak_learning_rate: float = 1e-4
    """Learning rate at the end of the linear warm-up; after it the rate falls with the square root of the step."""
    warmup_steps: int = 16_000
    """Updates from the initial to the peak learning rate."""
    b1: float = 0.9
    """Adam's decay of the mean of the gradients."""
    b2: float = 0.999
    """Adam's decay of the mean of the squared gradients."""
    eps: float = 1e-8
    """Added to the root of the mean squared gradient."""
    weight_decay: float = 0.0
    """Decoupled weight decay (AdamW) of matrices and embeddings; 0 is none. What AgroNT used is not known."""
    clip_norm: float | None = None
    """Largest global norm of a gradient; None does not clip. What AgroNT used is not known."""

    def __post_init__(self) -> None:
        rate, peak, clip = self.initial_learning_rate, self.peak_learning_rate, self.clip_norm
        for name, is_right, right in (
            ("initial_learning_rate", 0 <= rate < math.inf, "0 or more"),
            ("peak_learning_rate", 0 < peak < math.inf, "above 0"),
            ("warmup_steps", self.warmup_steps >= 1, "at least 1"),
            ("b1", 0 <= self.b1 < 1, "0 or more, and below 1"),
            ("b2", 0 <= self.b2 < 1, "0 or more, and below 1"),
            ("eps", 0 <= self.eps < math.inf, "0 or more"),
            ("weight_decay", 0 <= self.weight_decay < math.inf, "0 or more"),
            ("clip_norm", clip is None or 0 < clip < math.inf, "above 0, or None"),
        ):
            if not is_right:  # NaN never is
                raise ValueError(f"optimizer.{name} is {getattr(self, name)}: it must be {right}")


# What may change when a run is resumed: it changes neither the rows nor the arithmetic of a step beyond rounding.
CHANGEABLE = (
    *("steps", "micro_batches", "shard_optimizer"),
    *("evaluate_every", "evaluation_share", "checkpoint_every", "keep_checkpoints", "stop_after_skipped"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """One run of pre-training. The defaults are the published run's: 1,536 rows of 1,024 tokens, 315,000 updates."""

    steps: int = 315_000
    """Updates in all, counted from the run's beginning."""
    batch_size: int = 1536
    """Rows of one update over all hosts, devices and micro-batches."""
    micro_batches: int = 1
    """Parts into which each device cuts its rows, one after another, to save memory."""
    shard_optimizer: bool = False
    """Keep on each of N devices only 1/N of Adam's moments, 8/N bytes a parameter in place of 8 (ZeRO-1)."""
    seed: int = 0
    """Seeds the initial parameters and the masks."""
    masking: MaskingConfig = MaskingConfig()
    """Choice of the tokens that are predicted."""
    optimizer: OptimizerConfig = OptimizerConfig()
    """Optimizer and learning rate."""
    evaluate_every: int = 5_000
    """Updates between two measurements of the held-out loss; one is made at the end in any case."""
    evaluation_share: float = 0.1
    """Share of the run's time that measurements before the end take, at most about: they take an even sample of the
    held-out rows, always the same. The one at the end takes all rows; with 1 each does."""
    checkpoint_every: int = 1_000
    """Updates between two checkpoints; one is written at the end in any case."""
    keep_checkpoints: int = 3
    """Number of the newest checkpoints that stay on disk."""
    stop_after_skipped: int = 10
    """End the run after so many updates in a row that were skipped because loss or gradient was not finite."""

    def __post_init__(self) -> None:
        for name in ("batch_size", *CHANGEABLE):
            if getattr(self, name) < 1 and name not in ("shard_optimizer", "evaluation_share"):
                raise ValueError(f"train.{name} is {getattr(self, name)}: it must be at least 1")
        if not 0 < self.evaluation_share <= 1:
            raise ValueError(f"train.evaluation_share is {self.evaluation_share}: it must lie in (0, 1]")
        if not 0 <= self.seed < 2**32:
            raise ValueError(f"train.seed is {self.seed}: it must lie in [0, 2**32)")

    def identity(self) -> dict[str, Any]:
        """The settings that must not change when a run is resumed, as JSON-able values."""
        return {name: value for name, value in dataclasses.asdict(self).items() if name not in CHANGEABLE}
