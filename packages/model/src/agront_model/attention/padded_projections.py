"""Projections to heads of a greater width, as kernels of accelerators want them.

The weights get columns of zeros, inside the product: heads of [N, 20, 75] that are padded afterwards would be copied as
a whole, since they are not aligned. What is added is zero, so scores and means are the same.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from agront_model.attention.projections import Projections, Weights

# Shapes: B rows, T tokens a row, N = B * T tokens flattened, D model width, H heads, d head width, e padded head width.


class HeadWeights(NamedTuple):
    """The weights of `Projections`, with an axis of heads."""

    query: tuple[Float[Array, "D H e"], Float[Array, "H e"]]
    key: tuple[Float[Array, "D H e"], Float[Array, "H e"]]
    value: tuple[Float[Array, "D H e"], Float[Array, "H e"]]
    output: tuple[Float[Array, "H e D"], Float[Array, "D"]]


def pad_heads(projections: Projections, num_heads: int, multiple: int) -> HeadWeights:
    """Pads the width of each head to a multiple of so many."""

    def pad(array: Array, axis: int) -> Array:
        widths = [(0, 0)] * array.ndim
        widths[axis] = (0, -array.shape[axis] % multiple)
        return jnp.pad(array, widths)

    def into(layer: Weights) -> tuple[Array, Array]:
        w, b = layer
        return pad(w.reshape(len(w), num_heads, -1), 2), pad(b.reshape(num_heads, -1), 1)

    query, key, value, (w, b) = projections
    output = pad(w.reshape(num_heads, -1, len(b)), 1), b
    return HeadWeights(into(query), into(key), into(value), output)
