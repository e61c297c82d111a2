"""Losses of held-out rows, and their differences from a baseline's."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Float64, Integer


class RowLosses(NamedTuple):
    """Losses of R held-out rows: a model's or a baseline's, on the same tokens."""

    loss: Float64[np.ndarray, "R"]
    """Summed loss of each row; of a cross-entropy in nats."""
    weight: Float64[np.ndarray, "R"]
    """Summed weights of each row: the number of its predicted tokens or labels."""

    @classmethod
    def of(cls, scores: Mapping[str, Float[np.ndarray, "R _"]]) -> "RowLosses":
        """Losses of all classes together, from the scores of a task: see `Task.row_scores`."""
        return cls(scores["loss"].sum(1), scores["weight"].sum(1))

    @property
    def mean(self) -> float:
        """Mean loss; of a cross-entropy in nats a token."""
        return float(self.loss.sum() / self.weight.sum())

    @property
    def perplexity(self) -> float:
        """The exponential of the mean."""
        return math.exp(self.mean)

    def by_group(self, groups: Sequence[str]) -> dict[str, float]:
        """Mean loss of each group's rows, in the order in which groups first appear.

        Groups without a predicted token are left out.

        Args:
            groups: the group, such as the species, of each row. Rows beyond these are filling and have no tokens.

        Raises:
            ValueError: there are more groups than rows, or a row without a group has tokens.
        """
        if len(groups) > len(self.loss) or self.weight[len(groups) :].any():
            raise ValueError(
                f"{len(groups)} groups were given for {len(self.loss)} rows, {np.count_nonzero(self.weight)} of "
                "them with tokens: each row with tokens needs its group"
            )
        sums = dict.fromkeys(groups, np.zeros(2))
        for group, loss, weight in zip(groups, *self, strict=False):
            sums[group] = sums[group] + (loss, weight)
        return {group: float(loss / weight) for group, (loss, weight) in sums.items() if weight > 0}


def baselines_of(
    losses: Mapping[str, tuple[Float64[np.ndarray, "R"], Integer[np.ndarray, "R"]]],
) -> dict[str, RowLosses]:
    """Baselines to compare a model with at the end, checked before it is trained.

    Args:
        losses: by name, summed loss and number of tokens of each of R held-out rows.

    Raises:
        ValueError: fewer than two rows have a token to predict: a difference would have no standard error.
    """
    if any(np.count_nonzero(num_tokens) < 2 for _, num_tokens in losses.values()):
        raise ValueError(
            "only one held-out window has bases, and a standard error needs two: hold out more (--held-out.every, "
            "--held-out.contigs) or take shorter windows (--windows.length)"
        )
    return {name: RowLosses(loss, num_tokens.astype(np.float64)) for name, (loss, num_tokens) in losses.items()}


class Difference(NamedTuple):
    """A difference of two losses on the same tokens."""

    mean: float
    """Nats a token; below 0 the first is better."""
    standard_error: float
    """Of the mean, nats a token."""


def paired_difference(losses: RowLosses, baseline: RowLosses) -> Difference:
    """Mean of `losses` minus mean of `baseline` on the same rows; below 0 the first is better.

    The standard error takes each row as one observation (a ratio estimate over clusters), because the tokens of a row
    are not independent of each other.

    Raises:
        ValueError: the two were not measured on the same tokens, or on fewer than two rows.
    """
    if not np.array_equal(losses.weight, baseline.weight):
        raise ValueError("the two losses were measured on different tokens: their counts by row differ")
    used = losses.weight > 0
    num_rows = int(used.sum())
    if num_rows < 2:
        raise ValueError(f"a standard error needs at least two held-out rows with tokens; there are {num_rows}")
    differences, count = (losses.loss - baseline.loss)[used], losses.weight[used]
    mean = differences.sum() / count.sum()
    residuals = differences - mean * count
    variance = num_rows / (num_rows - 1) * np.square(residuals).sum()
    return Difference(float(mean), float(np.sqrt(variance) / count.sum()))


def summarize_held_out(step: int, losses: RowLosses, baselines: Mapping[str, RowLosses]) -> dict[str, Any]:
    """The numbers of a run's end, JSON-able: held-out loss and perplexity, and the differences from baselines.

    Args:
        step: updates made.
        losses: of the held-out rows at the end.
        baselines: of the same rows, by name.

    Returns:
        `step`, `held_out_tokens`, `model` (`loss`, `perplexity`), and by name each baseline (`loss`, `perplexity`,
        `model_minus_it`, `standard_error`); all but the perplexities in nats a token.

    Raises:
        ValueError: as `paired_difference`.
    """
    numbers: dict[str, Any] = {
        "step": step,
        "held_out_tokens": int(losses.weight.sum()),
        "model": {"loss": losses.mean, "perplexity": losses.perplexity},
    }
    for name, baseline in baselines.items():
        difference = paired_difference(losses, baseline)
        numbers[name] = {
            "loss": baseline.mean,
            "perplexity": baseline.perplexity,
            "model_minus_it": difference.mean,
            "standard_error": difference.standard_error,
        }
    return numbers
