"""One vector a sequence from one vector a token."""

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

# Shapes: S hidden states, B rows, T tokens a row, D model width.


def mean_of_span(
    states: Float[Array, "S B T D"], start: Int[Array, "B"], stop: Int[Array, "B"]
) -> Float[Array, "B S D"]:
    """Mean of the vectors at positions start … stop - 1 of each row, summed in float32.

    A span of no token gives zeros.
    """
    positions = jnp.arange(states.shape[2])
    inside = (positions >= start[:, None]) & (positions < stop[:, None])
    # No matrix product with a 0/1 vector: accelerators may round its factors to fewer bits.
    sums = jnp.where(inside[:, :, None], states, 0).sum(2, dtype=jnp.float32)
    counts = jnp.maximum(stop - start, 1).astype(jnp.float32)
    return jnp.moveaxis(sums / counts[:, None], 0, 1)


def first_token(states: Float[Array, "S B T D"]) -> Float[Array, "B S D"]:
    """The vector of `<cls>`."""
    return jnp.moveaxis(states[:, :, 0], 0, 1)


def all_tokens(states: Float[Array, "S B T D"]) -> Float[Array, "B T S D"]:
    """Every vector, hidden states behind tokens."""
    return jnp.moveaxis(states, 0, 2)
