"""Attention for TPUs: the splash attention kernel of JAX, whose scores never reach the memory of the device."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax.ad_checkpoint import checkpoint_name
from jaxtyping import Array, Bool, Float

from agront_model.attention.padded_projections import add_output, pad_heads
from agront_model.attention.projections import Projections

# Shapes: B rows, T tokens a row, N = B * T tokens flattened, D model width, H heads, e padded head width.

LANES = 128
_LARGEST_BLOCK = 1024


def attend_by_splash(
    inputs: Float[Array, "N D"],
    valid: Bool[Array, "B T"],
    projections: Projections,
    num_heads: int,
    *,
    interpret: bool = False,
) -> Float[Array, "N D"]:
    """Attends within each row; `<pad>` attends to `<pad>` only, so that its outputs mean nothing, but are finite.

    Args:
        inputs: the tokens of B rows of T, flattened.
        valid: which tokens may be attended to. What is added to reach a multiple of 128 tokens counts as `<pad>`.
        projections: the weights.
        num_heads: H.
        interpret: whether to run the kernel step by step on any device, for tests.
    """
    from jax.experimental.pallas.ops.tpu.splash_attention import SegmentIds  # here: Pallas takes 0.3 s to import

    (B, T), D = valid.shape, inputs.shape[1]
    weights = pad_heads(projections, num_heads, LANES)
    more = -T % LANES
    x = jnp.pad(inputs.reshape(B, T, D), ((0, 0), (0, more), (0, 0)))
    segments = jnp.pad(valid, ((0, 0), (0, more))).astype(jnp.int32)
    query, key, value = (
        checkpoint_name(layer(x, inputs, heads_first=True), name)
        for name, layer in zip(("query", "key", "value"), weights[:3], strict=True)
    )
    kernel = _kernel(T + more, num_heads, interpret)
    query = query * (D // num_heads) ** -0.5
    mixed = jax.vmap(kernel)(query, key, value, segment_ids=SegmentIds(segments, segments))
    outputs = jnp.einsum("bhte,heD->btD", mixed, weights.output)[:, :T]
    return add_output(outputs, jnp.swapaxes(mixed, 1, 2)[:, :T], projections.output, D // num_heads)


def _kernel(num_tokens: int, num_heads: int, interpret: bool) -> Callable[..., Array]:
    from jax.experimental.pallas.ops.tpu import splash_attention

    # The largest block that divides the tokens: the fewer blocks, the less often keys and values are read.
    block = max(size for size in range(LANES, _LARGEST_BLOCK + 1, LANES) if num_tokens % size == 0)
    return splash_attention.make_splash_mha_single_device(
        splash_attention.MultiHeadMask([splash_attention.FullMask((num_tokens, num_tokens))] * num_heads),
        block_sizes=splash_attention.BlockSizes(
            block_q=block,
            block_kv=block,
            block_q_dkv=block,
            block_kv_dkv=block,
            use_fused_bwd_kernel=True,
        ),
        # What the backward pass finds stored, so that the kernel does not run twice.
        residual_checkpoint_name="mixed",
        interpret=interpret,
    )
