"""Multi-head self-attention over flattened tokens."""

from functools import partial
from typing import Any

import haiku as hk
import jax
import jax.numpy as jnp
from jax.ad_checkpoint import checkpoint_name
from jaxtyping import Array, Bool, Float, Int

from agront_model.config import AgroNTConfig

# Shapes: B rows, T tokens a row, N = B * T tokens flattened, D model width, H heads, d = D / H head width. Query, key
# and value stand as [B, T, H, d], which is how [N, D] lies in memory: no array is transposed as a whole.

# From here on XLA's CPU backend is faster with one head at a time, whose scores stay in cache (benchmarks/
# attention_speed.py); below, the loop costs more than it saves.
_MIN_TOKENS_TO_LOOP = 256

SAVED = ("query", "key", "value", "mixed", "softmax")
"""Names (`jax.ad_checkpoint.checkpoint_name`) of what the backward pass needs of attention beside its input."""


def attention_weights(
    query: Float[Array, "B T H d"], key: Float[Array, "B T H d"], valid: Bool[Array, "B T"]
) -> Float[Array, "B H T T"]:
    """Softmax over the keys of query · key / sqrt(d), in float32; zero at keys that are not valid.

    A row without any valid key gets equal weights: meaningless, but finite, and so are its gradients.
    """
    query = query * query.shape[-1] ** -0.5
    scores = jnp.einsum("bqhd,bkhd->bhqk", query, key, preferred_element_type=jnp.float32)
    return jax.nn.softmax(jnp.where(valid[:, None, None], scores, jnp.finfo(jnp.float32).min), axis=-1)


@jax.checkpoint
def attend(
    query: Float[Array, "B T H d"],
    key: Float[Array, "B T H d"],
    value: Float[Array, "B T H d"],
    valid: Bool[Array, "B T"],
) -> Float[Array, "B T H d"]:
    """Mean of the values under `attention_weights`, which are computed again in the backward pass, never stored."""
    weights = attention_weights(query, key, valid).astype(value.dtype)
    return jnp.einsum("bhqk,bkhd->bqhd", weights, value)


@jax.custom_vjp
def attend_head_by_head(
    query: Float[Array, "B T H d"],
    key: Float[Array, "B T H d"],
    value: Float[Array, "B T H d"],
    valid: Bool[Array, "B T"],
) -> Float[Array, "B T H d"]:
    """Equal to `attend`, one head of one row after the other; has no forward-mode derivative."""
    return _attend_forward(query, key, value, valid)[0]


def _head(array: Float[Array, "B T H d"], row: Array, head: Array) -> Float[Array, "T d"]:
    B, T, H, d = array.shape
    return jax.lax.dynamic_slice(array, (row, 0, head, 0), (1, T, 1, d)).reshape(T, d)


def _set_head(array: Float[Array, "B T H d"], row: Array, head: Array, part: Float[Array, "T d"]) -> Array:
    return jax.lax.dynamic_update_slice(array, part.astype(array.dtype)[None, :, None], (row, 0, head, 0))


def _masking(valid: Bool[Array, "B T"], row: Array) -> Float[Array, "T"]:
    """What is added to scores: so far below all of them that nothing is left of a score it is added to."""
    # Without the barriers XLA works slices into the loop over [T, T], which is then not vectorised: ten times as slow.
    return jax.lax.optimization_barrier(jnp.where(valid[row], 0.0, jnp.finfo(jnp.float32).min))


def _dot(left: Array, right: Array, contracting: tuple[int, int]) -> Float[Array, "_ _"]:
    return jax.lax.dot_general(
        left, right, (((contracting[0],), (contracting[1],)), ((), ())), preferred_element_type=jnp.float32
    )


def _attend_forward(query: Array, key: Array, value: Array, valid: Array) -> tuple[Array, tuple[Array, ...]]:
    B, T, H, d = query.shape

    def one_head(index: Int[Array, ""], outputs: tuple[Array, Array]) -> tuple[Array, Array]:
        mixed, softmax = outputs
        row, head = index // H, index % H
        scores = _dot(_head(query, row, head) * d**-0.5, _head(key, row, head), (1, 1)) + _masking(valid, row)
        largest = scores.max(1)
        weights = jnp.exp(scores - largest[:, None])
        scale = 1 / weights.sum(1)
        # Scaled after the product, which is 1/16 of the work at 1,024 tokens.
        part = _dot(weights.astype(value.dtype), _head(value, row, head), (1, 0)) * scale[:, None]
        return _set_head(mixed, row, head, part), softmax.at[index].set(jnp.stack([largest, scale]))

    start = (jnp.zeros_like(value), jnp.zeros((B * H, 2, T), jnp.float32))
    mixed, softmax = jax.lax.fori_loop(0, B * H, one_head, start)
    mixed = checkpoint_name(mixed, "mixed")
    return mixed, (query, key, value, valid, mixed, checkpoint_name(softmax, "softmax"))


def _attend_backward(saved: tuple[Array, ...], gradient: Array) -> tuple[Any, ...]:
    query, key, value, valid, mixed, softmax = saved
    B, T, H, d = query.shape

    # Weights and their gradients stand transposed, [keys, queries]: the gradients of keys and values are then plain
    # products, three times as fast on XLA's CPU backend as those that contract the first axis of a [T, T] array.
    def one_head(index: Int[Array, ""], grads: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        row, head = index // H, index % H
        q, k, v, out, grad = (_head(x, row, head) for x in (query, key, value, mixed, gradient))
        q = q * d**-0.5
        largest, scale = jax.lax.optimization_barrier(tuple(softmax[index]))
        weights = jnp.exp(_dot(k, q, (1, 1)) + _masking(valid, row)[:, None] - largest) * scale
        mean = (grad.astype(jnp.float32) * out).sum(1)
        grad_scores = (weights * (_dot(v, grad, (1, 1)) - mean)).astype(q.dtype)
        # The barrier keeps XLA from merging the transpose into the product, which takes three times as long then.
        grad_query = jax.lax.optimization_barrier(_dot(k * d**-0.5, grad_scores, (0, 0))).T
        parts = grad_query, _dot(grad_scores, q, (1, 0)), _dot(weights.astype(grad.dtype), grad, (1, 0))
        return tuple(_set_head(x, row, head, part) for x, part in zip(grads, parts, strict=True))  # type: ignore

    grads = jax.lax.fori_loop(0, B * H, one_head, tuple(jnp.zeros_like(x) for x in (query, key, value)))
    return *grads, None


attend_head_by_head.defvjp(_attend_forward, _attend_backward)


class SelfAttention(hk.Module):
    """Bidirectional multi-head self-attention with biases everywhere, as in the ESM family."""

    def __init__(self, config: AgroNTConfig, name: str = "attention"):
        super().__init__(name=name)
        self._config = config

    def __call__(
        self, inputs: Float[Array, "N D"], valid: Bool[Array, "B T"], return_weights: bool = False
    ) -> tuple[Float[Array, "N D"], Float[Array, "B H T T"] | None]:
        """Attends within each row.

        Args:
            inputs: the tokens of B rows of T, flattened to N = B * T.
            valid: which tokens may be attended to.
            return_weights: whether to hand out the attention weights, which costs their memory.

        Returns:
            The output of the layer, and the weights in float32 or None.
        """
        D, H = self._config.embed_dim, self._config.num_heads
        B, T = valid.shape
        dense = partial(hk.Linear, w_init=hk.initializers.RandomNormal(self._config.initializer_range))
        names = ("query", "key", "value")
        query, key, value = (
            checkpoint_name(dense(D, name=name)(inputs), name).reshape(B, T, H, D // H) for name in names
        )
        weights = None
        if return_weights:
            weights = attention_weights(query, key, valid)
            mixed = jnp.einsum("bhqk,bkhd->bqhd", weights.astype(value.dtype), value)
        elif T < _MIN_TOKENS_TO_LOOP:
            mixed = checkpoint_name(attend(query, key, value, valid), "mixed")
        else:
            mixed = jax.lax.platform_dependent(query, key, value, valid, cpu=attend_head_by_head, default=attend)
        return dense(D, name="output")(mixed.reshape(B * T, D)), weights
