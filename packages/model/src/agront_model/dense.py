"""A linear layer with bias, and what an adapter adds to it; its matrix product."""

import functools
from pathlib import Path
from typing import NamedTuple

import haiku as hk
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from agront_model.adapters import IA3, Adapter, LoRA
from agront_model.config import AgroNTConfig


def product(x: Float[Array, "N I"], w: Float[Array, "I O"]) -> Float[Array, "N O"]:
    """`x @ w`, of the number format of both.

    In bfloat16 the product and its gradients are summed in float32 and rounded once, where the CPU multiplies bfloat16
    in hardware: XLA uses that for sums in float32 only. On a CPU without it this is slower, so that XLA may do as it
    likes; those for GPUs and TPUs sum in float32 by themselves.
    """
    return _rounded_product(x, w) if x.dtype == jnp.bfloat16 and has_bfloat16_unit() else jnp.dot(x, w)


@functools.cache
def has_bfloat16_unit() -> bool:
    """Whether the CPU of this machine multiplies matrices of bfloat16 in hardware (AMX); known of Linux only."""
    try:
        return "amx_bf16" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


@jax.custom_vjp
def _rounded_product(x: Array, w: Array) -> Array:
    return _dot(x, w, 1, 0)


def _dot(left: Array, right: Array, left_axis: int, right_axis: int) -> Array:
    contracted = (((left_axis,), (right_axis,)), ((), ()))
    return jax.lax.dot_general(left, right, contracted, preferred_element_type=jnp.float32).astype(left.dtype)


def _forward(x: Array, w: Array) -> tuple[Array, tuple[Array, Array]]:
    return _rounded_product(x, w), (x, w)


def _backward(saved: tuple[Array, Array], gradient: Array) -> tuple[Array, Array]:
    x, w = saved
    return _dot(gradient, w, 1, 1), _dot(x, gradient, 0, 0)


_rounded_product.defvjp(_forward, _backward)


class LowRank(NamedTuple):
    """A second matrix beside that of a layer, as the product of two narrow ones (LoRA)."""

    down: Float[Array, "I r"]
    up: Float[Array, "r ..."]
    keep: Bool[Array, "N I"] | None
    """Which inputs it sees, by dropout; None for all."""

    def inner(self, x: Float[Array, "N I"]) -> Float[Array, "N r"]:
        """What comes out of the first one."""
        return product(x if self.keep is None else jnp.where(self.keep, x, 0), self.down)


class Weights(NamedTuple):
    """The weights of a layer, in the format of the matrix products."""

    w: Float[Array, "I O"]
    b: Float[Array, "O"]
    low_rank: LowRank | None = None
    scale: Float[Array, "O"] | None = None
    """A factor for each output (IA3)."""


def linear(x: Float[Array, "N I"], weights: Weights) -> Float[Array, "N O"]:
    """Multiplies by the matrix, adds the bias, and what an adapter adds."""
    outputs = product(x, weights.w) + weights.b
    if weights.low_rank is not None:
        outputs = outputs + product(weights.low_rank.inner(x), weights.low_rank.up)
    return outputs if weights.scale is None else outputs * weights.scale


class Dense(hk.Module):
    """A linear layer, as `hk.Linear`, that also hands out its weights, with those of an adapter."""

    def __init__(self, output_size: int, config: AgroNTConfig, name: str, adapter: Adapter | None = None):
        super().__init__(name=name)
        self._output_size = output_size
        self._w_init = hk.initializers.RandomNormal(config.initializer_range)
        self._adapter = adapter

    def weights(self, input_size: int, keep: Bool[Array, "N I"] | None = None) -> Weights:
        """Matrix, bias, and what an adapter has for this layer.

        Args:
            input_size: I.
            keep: which inputs LoRA sees, by dropout; None for all.
        """
        w = hk.get_parameter("w", (input_size, self._output_size), jnp.float32, self._w_init)
        b = hk.get_parameter("b", (self._output_size,), jnp.float32, jnp.zeros)
        name = self.name
        if isinstance(self._adapter, IA3) and name in IA3.SCALED:
            return Weights(w, b, scale=hk.get_parameter("ia3", (self._output_size,), jnp.float32, jnp.ones))
        if isinstance(self._adapter, LoRA) and name in self._adapter.layers:
            rank = self._adapter.rank
            draw = hk.initializers.RandomUniform(-(input_size**-0.5), input_size**-0.5)
            down = hk.get_parameter("lora_down", (input_size, rank), jnp.float32, draw)
            up = hk.get_parameter("lora_up", (rank, self._output_size), jnp.float32, jnp.zeros)
            factor = self._adapter.factor if keep is None else self._adapter.factor / (1 - self._adapter.dropout)
            return Weights(w, b, LowRank(down, up * factor, keep))
        return Weights(w, b)

    def __call__(self, inputs: Float[Array, "N I"], keep: Bool[Array, "N I"] | None = None) -> Float[Array, "N O"]:
        """Multiplies by the matrix and adds the bias; see `weights`."""
        return linear(inputs, self.weights(inputs.shape[-1], keep))
