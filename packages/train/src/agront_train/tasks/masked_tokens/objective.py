"""The loss at masked positions, as sums over each row."""

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Float, Int

from agront_train.interfaces import LossSum, Params
from agront_train.tasks.masked_tokens.interfaces import MaskedLanguageModel
from agront_train.tasks.masked_tokens.masking import MaskedTokens


def masked_cross_entropy(
    logits: Float[jax.Array, "*batch M V"],
    targets: Int[jax.Array, "*batch M"],
    weights: Float[jax.Array, "*batch M"],
) -> LossSum:
    """Cross-entropy in nats, in float32, weighted, summed over the M masked positions of each row."""
    losses = optax.softmax_cross_entropy_with_integer_labels(logits.astype(jnp.float32), targets)
    weights = weights.astype(jnp.float32)
    return LossSum((losses * weights).sum(-1), weights.sum(-1))


def row_losses(model: MaskedLanguageModel, params: Params, masked: MaskedTokens) -> LossSum:
    """Loss and weight of each row, [B] each. The head sees the masked positions only."""
    embeddings = model.encode(params, masked.tokens).embeddings
    at_masks = jnp.take_along_axis(embeddings, masked.positions[:, :, None], axis=1)
    return masked_cross_entropy(model.lm_logits(params, at_masks), masked.targets, masked.weights)
