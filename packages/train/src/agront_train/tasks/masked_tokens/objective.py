"""The loss, as sums: to be added over micro-batches and devices, and divided by the count once, at the end."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Float, Float32, Int

from agront_train.interfaces import MaskedLanguageModel, Params
from agront_train.tasks.masked_tokens.masking import MaskedTokens


class LossSum(NamedTuple):
    """A sum of losses and what it is a sum of. A mean of means would be wrong: rows differ in their valid tokens."""

    loss: Float32[jax.Array, "*batch"]
    """Summed cross-entropy in nats, each token's times its weight."""
    num_tokens: Float32[jax.Array, "*batch"]
    """Summed weights: where all are 1, the number of predicted tokens."""


def masked_cross_entropy(
    logits: Float[jax.Array, "*batch M V"],
    targets: Int[jax.Array, "*batch M"],
    weights: Float[jax.Array, "*batch M"],
) -> LossSum:
    """Cross-entropy in float32, weighted, summed over the M masked positions of each row."""
    losses = optax.softmax_cross_entropy_with_integer_labels(logits.astype(jnp.float32), targets)
    weights = weights.astype(jnp.float32)
    return LossSum((losses * weights).sum(-1), weights.sum(-1))


def row_losses(model: MaskedLanguageModel, params: Params, masked: MaskedTokens) -> LossSum:
    """Loss and count of each row, [B] each. The head sees the masked positions only."""
    embeddings = model.encode(params, masked.tokens).embeddings
    at_masks = jnp.take_along_axis(embeddings, masked.positions[:, :, None], axis=1)
    return masked_cross_entropy(model.lm_logits(params, at_masks), masked.targets, masked.weights)
