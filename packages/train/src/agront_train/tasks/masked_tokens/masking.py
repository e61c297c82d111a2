"""Masking: choice of the tokens to predict and of their replacements, drawn on the device, row by row.

B rows, T tokens a row, M masked positions a row at most. M is fixed by T and the rate, so that shapes are static and
the language-model head runs on M positions of T only.
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Float32, Int32, Integer

from agront_train.config import MaskingConfig
from agront_train.tasks.masked_tokens.interfaces import Array, MaskingVocabulary


class MaskedTokens(NamedTuple):
    """A batch as the model sees it, and the tokens it must predict."""

    tokens: Int32[jax.Array, "B T"]
    """Token ids with the chosen ones replaced, or kept."""
    positions: Int32[jax.Array, "B M"]
    """Positions of the chosen tokens."""
    targets: Int32[jax.Array, "B M"]
    """The ids before masking."""
    weights: Float32[jax.Array, "B M"]
    """Weight of each chosen position in the loss: 1, or the batch's loss weight; 0 for the filling up to M."""


def num_masked_positions(config: MaskingConfig, num_tokens: int) -> int:
    """M, the positions of a row of T tokens that the language-model head is run at: the rate of T, rounded."""
    return min(num_tokens, math.floor(config.rate * num_tokens + 0.5))


def mask_tokens(
    key: jax.Array,
    tokens: Integer[Array, "B T"],
    rows: Integer[Array, "B"],
    vocabulary: MaskingVocabulary,
    config: MaskingConfig,
    loss_weights: Float32[Array, "B T"] | None = None,
) -> MaskedTokens:
    """Choose round(rate x valid) of each row's nucleotide tokens; mask, exchange or keep them (80 / 10 / 10 %).

    `<pad>`, `<cls>`, `<unk>` and N are neither chosen nor drawn. A row's choice is a function of `key` and its row
    number alone: it does not depend on the batch, the device or the host that the row is on.

    Args:
        key: see `rows_key`.
        tokens: token ids, any integer type.
        rows: global row numbers, below 2**32.
        vocabulary: gives the ids that may be chosen and drawn.
        config: the rate and the shares.
        loss_weights: weight of each token in the loss if it is chosen; None for 1. It does not change the choice.
    """
    ids = vocabulary.nucleotide_ids
    size = num_masked_positions(config, tokens.shape[1])

    def one_row(tokens: jax.Array, row: jax.Array) -> MaskedTokens:
        order_key, action_key, draw_key = jax.random.split(jax.random.fold_in(key, row), 3)
        order, num_valid = _random_order(order_key, tokens, ids)
        positions = order[:size]
        num_chosen = jnp.floor(config.rate * num_valid + 0.5)
        chosen = jnp.arange(size) < num_chosen
        targets = tokens[positions]

        # Adding 1 … n - 1 modulo n to a token's rank reaches each other token with the same probability.
        shift = jax.random.randint(draw_key, (size,), 1, len(ids))
        others = ids.start + (targets - ids.start + shift) % len(ids)
        action = jax.random.uniform(action_key, (size,))
        seen = jnp.where(action < config.mask_share + config.random_share, others, targets)
        seen = jnp.where(action < config.mask_share, vocabulary.mask_id, seen)
        replaced = tokens.at[positions].set(jnp.where(chosen, seen, targets))
        return MaskedTokens(replaced, positions, targets, chosen.astype(jnp.float32))

    masked = jax.vmap(one_row)(jnp.asarray(tokens, jnp.int32), jnp.asarray(rows, jnp.uint32))
    if loss_weights is None:
        return masked
    return masked._replace(weights=masked.weights * jnp.take_along_axis(loss_weights, masked.positions, axis=1))


def mask_held_out(
    key: jax.Array,
    tokens: Integer[Array, "B T"],
    rows: Integer[Array, "B"],
    vocabulary: MaskingVocabulary,
    *,
    part: int | Integer[jax.Array, ""],
    parts: int,
) -> MaskedTokens:
    """Mask one of `parts` fixed, disjoint parts of each row: over all parts, each nucleotide token is masked once.

    All chosen tokens become `<mask>`. With the 80 / 10 / 10 rule a model that copies what it sees would score well.
    """
    ids = vocabulary.nucleotide_ids
    size = -(-tokens.shape[1] // parts)

    def one_row(tokens: jax.Array, row: jax.Array) -> MaskedTokens:
        order, num_valid = _random_order(jax.random.fold_in(key, row), tokens, ids)
        ranks = part + parts * jnp.arange(size)
        chosen = ranks < num_valid
        positions = order[jnp.minimum(ranks, tokens.shape[0] - 1)]
        targets = tokens[positions]
        # Fillings all point at one place outside the row, which `drop` leaves alone.
        replaced = tokens.at[jnp.where(chosen, positions, tokens.shape[0])].set(vocabulary.mask_id, mode="drop")
        return MaskedTokens(replaced, positions, targets, chosen.astype(jnp.float32))

    return jax.vmap(one_row)(jnp.asarray(tokens, jnp.int32), jnp.asarray(rows, jnp.uint32))


def _random_order(key: jax.Array, tokens: jax.Array, ids: range) -> tuple[jax.Array, jax.Array]:
    """The positions of the nucleotide tokens in random order, then all others; and how many nucleotide tokens."""
    valid = (tokens >= ids.start) & (tokens < ids.stop)
    scores = jnp.where(valid, jax.random.uniform(key, tokens.shape), 2.0)
    return jnp.argsort(scores).astype(jnp.int32), valid.sum()
