"""Attention of all heads at once: what every other way of computing it equals."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

# Shapes: B rows, T tokens a row, H heads, d head width.


def attention_weights(
    query: Float[Array, "B T H d"], key: Float[Array, "B T H d"], valid: Bool[Array, "B T"]
) -> Float[Array, "B H T T"]:
    """Softmax over the keys of query · key / sqrt(d), in float32; zero at keys that are not valid.

    A row without any valid key gets equal weights: meaningless, but finite, and so are its gradients.
    """
    query = query * query.shape[-1] ** -0.5
    scores = jnp.einsum("bqhd,bhdk->bhqk", query, _transposed(key), preferred_element_type=jnp.float32)
    return jax.nn.softmax(jnp.where(valid[:, None, None], scores, jnp.finfo(jnp.float32).min), axis=-1)


def _transposed(array: Float[Array, "B T H d"]) -> Float[Array, "B H d T"]:
    """Keys or values so that XLA's CPU backend computes their gradients by its faster kind of product."""
    return array.transpose(0, 2, 3, 1)


@jax.checkpoint
def attend(
    query: Float[Array, "B T H d"],
    key: Float[Array, "B T H d"],
    value: Float[Array, "B T H d"],
    valid: Bool[Array, "B T"],
) -> Float[Array, "B T H d"]:
    """Mean of the values under `attention_weights`, which are computed again in the backward pass, never stored."""
    weights = attention_weights(query, key, valid).astype(value.dtype)
    return jnp.einsum("bhqk,bhdk->bqhd", weights, _transposed(value))
