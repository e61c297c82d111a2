"""Projections to heads of a greater width, as kernels of accelerators want them.

The weights get columns of zeros, inside the product: heads of [N, 20, 75] that are padded afterwards would be copied as
a whole, since they are not aligned. What is added is zero, so scores and means are the same.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from agront_model.attention.projections import Projections
from agront_model.dense import LowRank, Weights, product

# Shapes: B rows, T tokens a row, N = B * T tokens flattened, D model width, H heads, d head width, e padded head width.


class HeadLayer(NamedTuple):
    """The weights of a layer to heads, with an axis of heads."""

    w: Float[Array, "D H e"]
    b: Float[Array, "H e"]
    low_rank: LowRank | None
    scale: Float[Array, "H e"] | None

    def __call__(
        self, x: Float[Array, "B T D"], inputs: Float[Array, "N D"], *, heads_first: bool
    ) -> Float[Array, "B T H e"] | Float[Array, "B H T e"]:
        """Projects to heads.

        Args:
            x: the inputs, perhaps with more tokens at the end of each row.
            inputs: the same without them, flattened.
            heads_first: the order of the axes that come out.
        """
        out = "bhte" if heads_first else "bthe"

        def of_heads(array: Array) -> Array:
            return array[:, None] if heads_first else array

        heads = jnp.einsum(f"btD,Dhe->{out}", x, self.w) + of_heads(self.b)
        if self.low_rank is not None:
            inner = self.low_rank.inner(inputs).reshape(len(x), -1, len(self.low_rank.up))
            inner = jnp.pad(inner, ((0, 0), (0, x.shape[1] - inner.shape[1]), (0, 0)))
            heads = heads + jnp.einsum(f"btr,rhe->{out}", inner, self.low_rank.up)
        return heads if self.scale is None else heads * of_heads(self.scale)


class HeadWeights(NamedTuple):
    """The weights of `Projections`, with an axis of heads."""

    query: HeadLayer
    key: HeadLayer
    value: HeadLayer
    output: Float[Array, "H e D"]


def pad_heads(projections: Projections, num_heads: int, multiple: int) -> HeadWeights:
    """Pads the width of each head to a multiple of so many."""

    def pad(array: Array, axis: int) -> Array:
        widths = [(0, 0)] * array.ndim
        widths[axis] = (0, -array.shape[axis] % multiple)
        return jnp.pad(array, widths)

    def columns(array: Array) -> Array:
        return pad(array.reshape(*array.shape[:-1], num_heads, -1), array.ndim)

    def into(layer: Weights) -> HeadLayer:
        low_rank = None if layer.low_rank is None else layer.low_rank._replace(up=columns(layer.low_rank.up))
        scale = None if layer.scale is None else columns(layer.scale)
        return HeadLayer(columns(layer.w), columns(layer.b), low_rank, scale)

    query, key, value, output = projections
    w = pad(output.w.reshape(num_heads, -1, output.w.shape[1]), 1)
    return HeadWeights(into(query), into(key), into(value), w)


def add_output(
    product_of_heads: Float[Array, "B T D"], mixed: Float[Array, "B T H e"], weights: Weights, head_width: int
) -> Float[Array, "N D"]:
    """Adds to the product of the mean values with `HeadWeights.output` what else the layer has.

    Args:
        product_of_heads: the product.
        mixed: the mean values of each head, padded.
        weights: of the output.
        head_width: d, without what is padded.
    """
    outputs = (product_of_heads + weights.b).reshape(-1, product_of_heads.shape[-1])
    if weights.low_rank is None:
        return outputs
    values = mixed[..., :head_width].reshape(len(outputs), -1)
    return outputs + product(weights.low_rank.inner(values), weights.low_rank.up)
