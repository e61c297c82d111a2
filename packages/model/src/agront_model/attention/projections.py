"""The four linear layers of an attention: to query, key and value, and back."""

from typing import NamedTuple

from jax.ad_checkpoint import checkpoint_name
from jaxtyping import Array, Float

from agront_model.dense import Weights, linear

# Shapes: B rows, T tokens a row, N = B * T tokens flattened, D model width, H heads, d head width, e padded head width.


class Projections(NamedTuple):
    """Weights of the four layers, in the format of the matrix products. The columns of each head are adjacent."""

    query: Weights
    key: Weights
    value: Weights
    output: Weights

    def heads(
        self, inputs: Float[Array, "N D"], num_rows: int, num_heads: int
    ) -> tuple[Float[Array, "B T H d"], Float[Array, "B T H d"], Float[Array, "B T H d"]]:
        """Query, key and value of each head. The backward pass finds them under these names."""
        query, key, value = (
            checkpoint_name(linear(inputs, weights), name).reshape(num_rows, -1, num_heads, len(weights.b) // num_heads)
            for name, weights in zip(("query", "key", "value"), self[:3], strict=True)
        )
        return query, key, value

    def outputs(self, mixed: Float[Array, "B T H d"]) -> Float[Array, "N D"]:
        """What the attention adds to the residual stream, from the mean values of each head."""
        return linear(mixed.reshape(-1, len(self.output.w)), self.output)
