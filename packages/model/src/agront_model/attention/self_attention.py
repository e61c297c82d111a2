"""The attention layer of the model."""

from collections.abc import Mapping
from types import MappingProxyType

import haiku as hk
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from agront_model.adapters import Adapter
from agront_model.attention.all_heads import attention_weights
from agront_model.attention.choice import attend_by_device
from agront_model.attention.projections import Projections
from agront_model.config import AgroNTConfig
from agront_model.dense import Dense

NO_DROPOUT: Mapping[str, Array] = MappingProxyType({})


class SelfAttention(hk.Module):
    """Bidirectional multi-head self-attention with biases everywhere, as in the ESM family."""

    def __init__(self, config: AgroNTConfig, adapter: Adapter | None = None, name: str = "attention"):
        super().__init__(name=name)
        self._config, self._adapter = config, adapter

    def __call__(
        self,
        inputs: Float[Array, "N D"],
        valid: Bool[Array, "B T"],
        return_weights: bool = False,
        keep: Mapping[str, Bool[Array, "N D"]] = NO_DROPOUT,
    ) -> tuple[Float[Array, "N D"], Float[Array, "B H T T"] | None]:
        """Attends within each row.

        Args:
            inputs: the tokens of B rows of T, flattened to N = B * T.
            valid: which tokens may be attended to; the others stand at the right.
            return_weights: whether to hand out the attention weights, which costs their memory.
            keep: which inputs the adapter of a layer sees, by the layer's name; all of a layer that is not there.

        Returns:
            The output of the layer, and the weights in float32 or None.
        """
        D, H = self._config.embed_dim, self._config.num_heads
        layers = {name: Dense(D, self._config, name, self._adapter) for name in Projections._fields}
        projections = Projections(*(layer.weights(D, keep.get(name)) for name, layer in layers.items()))
        inputs = inputs.astype(projections.query.w.dtype)
        if not return_weights:
            return attend_by_device(inputs, valid, projections, H), None
        query, key, value = projections.heads(inputs, len(valid), H)
        weights = attention_weights(query, key, valid)
        mixed = jnp.einsum("bhqk,bkhd->bqhd", weights.astype(value.dtype), value)
        return projections.outputs(mixed), weights
