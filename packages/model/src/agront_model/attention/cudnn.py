"""Attention for NVIDIA GPUs: the fused kernel of cuDNN, in bfloat16."""

from typing import Any

import jax
import jax.numpy as jnp
from jax.ad_checkpoint import checkpoint_name
from jaxtyping import Array, Bool, Float

from agront_model.attention.padded_projections import add_output, pad_heads
from agront_model.attention.projections import Projections

# Shapes: B rows, T tokens a row, N = B * T tokens flattened, D model width, H heads, e padded head width.

WIDTHS = 8  # head widths are multiples of this


def attend_by_cudnn(
    inputs: Float[Array, "N D"], valid: Bool[Array, "B T"], projections: Projections, num_heads: int
) -> Float[Array, "N D"]:
    """Attends within each row to the tokens before its padding, which stands at the right.

    Args:
        inputs: the tokens of B rows of T, flattened; bfloat16.
        valid: which tokens are not padding; of a row without any, the first counts.
        projections: the weights; bfloat16.
        num_heads: H.

    Raises:
        RuntimeError: while it is traced, where the process has no cuDNN.
        ValueError: cuDNN has no kernel for heads of this width.
    """
    (B, T), D = valid.shape, inputs.shape[1]
    weights = pad_heads(projections, num_heads, WIDTHS)
    x = inputs.reshape(B, T, D)
    query, key, value = (
        checkpoint_name(layer(x, inputs, heads_first=False), name)
        for name, layer in zip(("query", "key", "value"), weights[:3], strict=True)
    )
    lengths = jnp.maximum(valid.sum(1, dtype=jnp.int32), 1)
    mixed = jax.nn.dot_product_attention(
        query,
        key,
        value,
        scale=(D // num_heads) ** -0.5,
        query_seq_lengths=lengths,
        key_value_seq_lengths=lengths,
        implementation="cudnn",
    )
    return add_output(jnp.einsum("bthe,heD->btD", mixed, weights.output), mixed, projections.output, D // num_heads)


def is_result_of_cudnn(primitive: Any, *_: object, **__: object) -> bool:
    """A policy for `jax.checkpoint`: keeps what cuDNN's kernel gives, statistics included, so that it runs once."""
    return primitive.name == "dot_product_attention_fwd_wrapper"
