"""A linear layer with bias, and its matrix product."""

import functools
from pathlib import Path

import haiku as hk
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

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


class Dense(hk.Module):
    """A linear layer, as `hk.Linear`, that also hands out its weights."""

    def __init__(self, output_size: int, config: AgroNTConfig, name: str):
        super().__init__(name=name)
        self._output_size = output_size
        self._w_init = hk.initializers.RandomNormal(config.initializer_range)

    def weights(self, input_size: int) -> tuple[Float[Array, "I O"], Float[Array, "O"]]:
        """Matrix and bias, in the format of the matrix products."""
        w = hk.get_parameter("w", (input_size, self._output_size), jnp.float32, self._w_init)
        return w, hk.get_parameter("b", (self._output_size,), jnp.float32, jnp.zeros)

    def __call__(self, inputs: Float[Array, "N I"]) -> Float[Array, "N O"]:
        """Multiplies by the matrix and adds the bias."""
        w, b = self.weights(inputs.shape[-1])
        return product(inputs, w) + b
