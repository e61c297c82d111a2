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

# From here on XLA's CPU backend is faster with one head at a time, whose scores stay in cache (speed/
# attention_speed.py); below, the loop costs more than it saves.
_MIN_TOKENS_TO_LOOP = 128


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


def _attend_and_keep(query: Array, key: Array, value: Array, valid: Array) -> Array:
    return checkpoint_name(attend(query, key, value, valid), "mixed")


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
    _, T, _, d = array.shape
    return jax.lax.dynamic_slice(array, (row, 0, head, 0), (1, T, 1, d)).reshape(T, d)


def _set_head(array: Float[Array, "B T H d"], row: Array, head: Array, part: Float[Array, "T d"]) -> Array:
    return jax.lax.dynamic_update_slice(array, part.astype(array.dtype)[None, :, None], (row, 0, head, 0))


def _dot(left: Array, right: Array, contracting: tuple[int, int]) -> Float[Array, "_ _"]:
    return jax.lax.dot_general(
        left, right, (((contracting[0],), (contracting[1],)), ((), ())), preferred_element_type=jnp.float32
    )


def _attend_forward(query: Array, key: Array, value: Array, valid: Array) -> tuple[Array, tuple[Array, ...]]:
    B, T, H, d = query.shape
    bias = jnp.where(valid, 0.0, jnp.finfo(jnp.float32).min)

    def one_head(index: Int[Array, ""], outputs: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        mixed, largest, scale = outputs
        row, head = index // H, index % H
        scores = _dot(_head(query, row, head) * d**-0.5, _head(key, row, head), (1, 1))
        scores = scores + jax.lax.dynamic_slice(bias, (row, 0), (1, T))
        top = scores.max(1, keepdims=True)
        weights = jnp.exp(scores - top)
        # Scaled after the product, which has fewer numbers.
        part_scale = 1 / weights.sum(1, keepdims=True)
        part = _dot(weights.astype(value.dtype), _head(value, row, head), (1, 0)) * part_scale
        set_row = partial(jax.lax.dynamic_update_slice, start_indices=(index, 0))
        return _set_head(mixed, row, head, part), set_row(largest, top.T), set_row(scale, part_scale.T)

    statistics = jnp.zeros((B * H, T), jnp.float32)
    mixed, *statistics = jax.lax.fori_loop(0, B * H, one_head, (jnp.zeros_like(value), statistics, statistics))
    mixed = checkpoint_name(mixed, "mixed")
    return mixed, (query, key, value, valid, mixed, *checkpoint_name(tuple(statistics), "softmax"))


def _attend_backward(saved: tuple[Array, ...], gradient: Array) -> tuple[Any, ...]:
    query, key, value, valid, mixed, largest, scale = saved
    B, T, H, d = query.shape
    key = key * valid[:, :, None, None].astype(key.dtype)

    # Weights and their gradients stand transposed, [keys, queries]: the gradients of keys and values are then plain
    # products, three times as fast on XLA's CPU backend as those that contract the first axis of a [T, T] array.
    # Weights lack the factor `scale`, which the gradient has instead. Keys that are not valid get some weight here, at
    # most 1; what comes of it meets a key of 0, or is set to 0 at the end.
    def one_head(index: Int[Array, ""], grads: tuple[Array, Array, Array]) -> tuple[Array, Array, Array]:
        row, head = index // H, index % H
        q, k, v, out, grad = (_head(x, row, head) for x in (query, key, value, mixed, gradient))
        top, part_scale = (jax.lax.dynamic_slice(x, (index, 0), (1, T)) for x in (largest, scale))
        q = q * d**-0.5
        grad = (grad * part_scale.T).astype(v.dtype)
        mean = (grad.astype(jnp.float32) * out).sum(1)
        weights = jnp.exp(jnp.minimum(_dot(k, q, (1, 1)) - top, 0.0))
        grad_scores = (weights * (_dot(v, grad, (1, 1)) - mean)).astype(q.dtype)
        # The barrier keeps XLA from merging the transpose into the product, which takes three times as long then.
        grad_query = jax.lax.optimization_barrier(_dot(k * d**-0.5, grad_scores, (0, 0))).T
        parts = grad_query, _dot(grad_scores, q, (1, 0)), _dot(weights.astype(grad.dtype), grad, (1, 0))
        return tuple(_set_head(x, row, head, part) for x, part in zip(grads, parts, strict=True))  # type: ignore

    zeros = tuple(jnp.zeros_like(x) for x in (query, key, value))
    grad_query, *others = jax.lax.fori_loop(0, B * H, one_head, zeros)
    return grad_query, *(jnp.where(valid[:, :, None, None], grad, 0) for grad in others), None


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
            mixed = _attend_and_keep(query, key, value, valid)
        else:
            mixed = jax.lax.platform_dependent(
                query, key, value, valid, cpu=attend_head_by_head, default=_attend_and_keep
            )
        return dense(D, name="output")(mixed.reshape(B * T, D)), weights
