"""The encoder as one would write it first, to compare with: one layer after the other, everything on `[B, T, D]`."""

from functools import partial

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
from agront_model import AgroNTConfig


def plain_logits(config: AgroNTConfig, tokens: jax.Array) -> jax.Array:
    """Logits [B, T, V] of token ids [B, T], by the same architecture as `agront_model`."""
    w_init = hk.initializers.RandomNormal(config.initializer_range)
    linear, embed = partial(hk.Linear, w_init=w_init), partial(hk.Embed, w_init=w_init)
    norm = partial(hk.LayerNorm, -1, True, True, eps=config.layer_norm_eps)
    gelu = partial(jax.nn.gelu, approximate=False)
    B, T = tokens.shape
    D, H = config.embed_dim, config.num_heads

    valid = tokens != config.pad_token_id
    positions = jnp.cumsum(valid, axis=1) * valid + config.pad_token_id
    x = embed(config.vocabulary_size, D)(tokens) + embed(config.num_positions, D)(positions)
    for _ in range(config.num_layers):
        normed = norm()(x)
        query, key, value = (linear(D)(normed).reshape(B, T, H, D // H) for _ in range(3))
        scores = jnp.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(D // H).astype(query.dtype)
        weights = jax.nn.softmax(jnp.where(valid[:, None, None], scores, -1e30))
        x = x + linear(D)(jnp.einsum("bhqk,bkhd->bqhd", weights, value).reshape(B, T, D))
        x = x + linear(D)(gelu(linear(config.ffn_dim)(norm()(x))))
    x = norm()(gelu(linear(D)(norm()(x))))
    return linear(config.vocabulary_size)(x)
