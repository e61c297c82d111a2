"""Held-out loss at `<mask>`: each nucleotide token is masked once, with the same masks in every run."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Integer

from agront_train.config import MaskingConfig
from agront_train.interfaces import LossSum, Params
from agront_train.random_keys import rows_key
from agront_train.tasks.masked_tokens.interfaces import Array, MaskedLanguageModel, MaskingVocabulary
from agront_train.tasks.masked_tokens.masking import MaskedTokens, mask_held_out
from agront_train.tasks.masked_tokens.objective import row_losses

HELD_OUT_SEED = 0
"""Seed of held-out masks: the same in every run and at every step, so that losses can be compared."""


def num_held_out_parts(masking: MaskingConfig) -> int:
    """Number of parts of a held-out row's tokens, masked one after another: round(1 / rate)."""
    return max(1, round(1 / masking.rate))


def held_out_masks(
    masking: MaskingConfig, vocabulary: MaskingVocabulary
) -> Callable[[Array, Array, int | jax.Array], MaskedTokens]:
    """A function of (tokens [b, T], rows [b], part number): held-out rows with that part of their tokens masked."""

    def masks(tokens: Integer[Array, "b T"], rows: Integer[Array, "b"], part: int | jax.Array) -> MaskedTokens:
        parts = num_held_out_parts(masking)
        return mask_held_out(rows_key(HELD_OUT_SEED), tokens, rows, vocabulary, part=part, parts=parts)

    return masks


def held_out_row_losses(
    model: MaskedLanguageModel, masking: MaskingConfig, vocabulary: MaskingVocabulary
) -> Callable[[Params, Array, Array], LossSum]:
    """A function of (params, tokens [b, T], rows [b]): loss and weight of each row, [b] each, over all its tokens."""
    masks = held_out_masks(masking, vocabulary)
    parts = num_held_out_parts(masking)

    def losses(params: Params, tokens: Integer[Array, "b T"], rows: Integer[Array, "b"]) -> LossSum:
        def one_part(part: jax.Array) -> LossSum:
            return row_losses(model, params, masks(tokens, rows, part))

        return jax.tree.map(lambda leaf: leaf.sum(0), jax.lax.map(one_part, jnp.arange(parts)))

    return losses
