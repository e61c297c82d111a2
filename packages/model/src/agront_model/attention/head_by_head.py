"""Attention for CPUs: one head of one row after the other, whose scores stay in cache."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax.ad_checkpoint import checkpoint_name
from jaxtyping import Array, Bool, Float, Int

# Shapes: B rows, T tokens a row, H heads, d head width. Query, key and value stand as [B, T, H, d], which is how
# [B * T, D] lies in memory: no array is transposed as a whole.


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
