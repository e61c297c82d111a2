"""Held-out loss at `<mask>`, each nucleotide token once, and how far it lies from a baseline's."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float64, Integer

from agront_train.config import TrainConfig
from agront_train.interfaces import MaskedLanguageModel, MaskingVocabulary, Params
from agront_train.tasks.masked_tokens.masking import MaskedTokens, mask_held_out, masking_key
from agront_train.tasks.masked_tokens.objective import LossSum, row_losses

HELD_OUT_SEED = 0
"""Seed of held-out masks: the same in every run and at every step, so that losses can be compared."""


class RowLosses(NamedTuple):
    """Losses of R held-out rows: a model's or a baseline's, on the same tokens."""

    loss: Float64[np.ndarray, "R"]
    """Summed cross-entropy of each row, nats."""
    num_tokens: Float64[np.ndarray, "R"]
    """Predicted tokens of each row."""

    @property
    def mean(self) -> float:
        """Mean cross-entropy in nats a token."""
        return float(self.loss.sum() / self.num_tokens.sum())

    @property
    def perplexity(self) -> float:
        """The exponential of the mean."""
        return math.exp(self.mean)

    def by_group(self, groups: Sequence[str]) -> dict[str, float]:
        """Mean cross-entropy of each group's rows, nats a token, in the order in which groups first appear.

        Groups without a predicted token are left out.

        Args:
            groups: the group, such as the species, of each row. Rows beyond these are filling and have no tokens.

        Raises:
            ValueError: there are more groups than rows, or a row without a group has tokens.
        """
        if len(groups) > len(self.loss) or self.num_tokens[len(groups) :].any():
            raise ValueError(
                f"{len(groups)} groups were given for {len(self.loss)} rows, {np.count_nonzero(self.num_tokens)} of "
                "them with tokens: each row with tokens needs its group"
            )
        sums = dict.fromkeys(groups, np.zeros(2))
        for group, loss, count in zip(groups, *self, strict=False):
            sums[group] = sums[group] + (loss, count)
        return {group: float(loss / count) for group, (loss, count) in sums.items() if count > 0}


class Difference(NamedTuple):
    """A difference of two losses on the same tokens."""

    mean: float
    """Nats a token; below 0 the first is better."""
    standard_error: float
    """Of the mean, nats a token."""


def num_held_out_parts(config: TrainConfig) -> int:
    """How many times a held-out row is seen, each time with another part of its tokens masked: round(1 / rate)."""
    return max(1, round(1 / config.masking.rate))


def held_out_masks(
    config: TrainConfig, vocabulary: MaskingVocabulary
) -> Callable[[jax.Array, jax.Array, int | jax.Array], MaskedTokens]:
    """A function of (tokens [b, T], rows [b], part number): held-out rows with that part of their tokens masked."""

    def masks(tokens: Integer[jax.Array, "b T"], rows: Integer[jax.Array, "b"], part: int | jax.Array) -> MaskedTokens:
        key, parts = masking_key(HELD_OUT_SEED), num_held_out_parts(config)
        return mask_held_out(key, tokens, rows, vocabulary, part=part, parts=parts)

    return masks


def held_out_row_losses(
    model: MaskedLanguageModel, config: TrainConfig, vocabulary: MaskingVocabulary
) -> Callable[[Params, jax.Array, jax.Array], LossSum]:
    """A function of (params, tokens [b, T], rows [b]): loss and count of each row, [b] each, over all its tokens."""
    masks = held_out_masks(config, vocabulary)
    parts = num_held_out_parts(config)

    def losses(params: Params, tokens: Integer[jax.Array, "b T"], rows: Integer[jax.Array, "b"]) -> LossSum:
        def one_part(part: jax.Array) -> LossSum:
            return row_losses(model, params, masks(tokens, rows, part))

        return jax.tree.map(lambda leaf: leaf.sum(0), jax.lax.map(one_part, jnp.arange(parts)))

    return losses


def paired_difference(losses: RowLosses, baseline: RowLosses) -> Difference:
    """Mean of `losses` minus mean of `baseline` on the same rows; below 0 the first is better.

    The standard error takes each row as one observation (a ratio estimate over clusters), because the tokens of a row
    are not independent of each other.

    Raises:
        ValueError: the two were not measured on the same tokens, or on fewer than two rows.
    """
    if not np.array_equal(losses.num_tokens, baseline.num_tokens):
        raise ValueError("the two losses were measured on different tokens: their counts by row differ")
    used = losses.num_tokens > 0
    num_rows = int(used.sum())
    if num_rows < 2:
        raise ValueError(f"a standard error needs at least two held-out rows with tokens; there are {num_rows}")
    differences, count = (losses.loss - baseline.loss)[used], losses.num_tokens[used]
    mean = differences.sum() / count.sum()
    residuals = differences - mean * count
    variance = num_rows / (num_rows - 1) * np.square(residuals).sum()
    return Difference(float(mean), float(np.sqrt(variance) / count.sum()))
