"""Which way of computing attention each kind of device takes."""

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Literal

import jax
from jax.ad_checkpoint import checkpoint_name
from jaxtyping import Array, Bool, Float

from agront_model.attention import cudnn, splash
from agront_model.attention.all_heads import attend
from agront_model.attention.head_by_head import attend_head_by_head
from agront_model.attention.projections import Projections

AttentionWay = Literal["all heads", "head by head", "splash", "cudnn"]
"""All heads at once; one head of one row after the other; the fused kernels for TPU and NVIDIA GPU."""

# From here on XLA's CPU backend is faster with one head at a time, whose scores stay in cache (speed/
# attention_speed.py). That kernels of accelerators do not pay below is assumed.
_MIN_TOKENS = 128

_TPUS_WITHOUT_SPLASH = ("TPU v2", "TPU v3")  # they cannot multiply bfloat16 in a kernel
_CUDNN_CAPABILITY = (8, 0)  # Ampere


def attention_way(platform: str, compute: str, num_tokens: int) -> AttentionWay:
    """The fastest way on a kind of device.

    Args:
        platform: as JAX calls it: "cpu", "tpu", "cuda" or another. Of a TPU v2 or v3, and of a GPU before Ampere, which
            are too old for the kernels, another.
        compute: number format of the matrix products.
        num_tokens: tokens of a row.
    """
    if num_tokens < _MIN_TOKENS:
        return "all heads"
    if platform == "cuda":
        return "cudnn" if compute == "bfloat16" else "all heads"
    return {"cpu": "head by head", "tpu": "splash"}.get(platform, "all heads")  # type: ignore[return-value]


def padded_width(width: int, way: AttentionWay) -> int:
    """The width of an attention head in the arrays of a way: kernels take multiples of a certain number."""
    return width + -width % {"splash": splash.LANES, "cudnn": cudnn.WIDTHS}.get(way, 1)


def attend_by_device(
    inputs: Float[Array, "N D"], valid: Bool[Array, "B T"], projections: Projections, num_heads: int
) -> Float[Array, "N D"]:
    """Attends within each row by the `attention_way` of the device that the program is compiled for.

    On a GPU without cuDNN, or with one that is too old, by all heads at once; a warning says so, once.

    Args:
        inputs: the tokens of B rows of T, flattened.
        valid: which tokens may be attended to; the others stand at the right.
        projections: the weights.
        num_heads: H.
    """
    operands = inputs, valid, projections
    if valid.shape[1] < _MIN_TOKENS:  # as where only shapes are wanted, which shall start no device
        return _all_heads_at_once(*operands, num_heads)
    ways = {
        platform: attention_way(platform, inputs.dtype.name, valid.shape[1])
        for platform in ("cpu", "tpu", "cuda", "default")
    }
    devices = jax.local_devices()
    if any(device.device_kind in _TPUS_WITHOUT_SPLASH for device in devices):
        ways["tpu"] = ways["default"]
    if ways["cuda"] == "cudnn" and not _has_cudnn(devices, *operands, num_heads):
        ways["cuda"] = ways["default"]
    default = functools.partial(_WAYS[ways.pop("default")], num_heads=num_heads)
    others = {platform: functools.partial(_WAYS[way], num_heads=num_heads) for platform, way in ways.items()}
    others = {platform: way for platform, way in others.items() if way.func is not default.func}
    return jax.lax.platform_dependent(*operands, default=default, **others)


def _has_cudnn(
    devices: Sequence[jax.Device], inputs: Array, valid: Array, projections: Projections, num_heads: int
) -> bool:
    gpus = [device for device in devices if device.platform == "gpu" and "cuda" in device.client.platform_version]
    if not gpus:
        return False
    for gpu in gpus:
        if tuple(map(int, gpu.compute_capability.split("."))) < _CUDNN_CAPABILITY:
            _say_once(f"{gpu.device_kind} is older than Ampere")
            return False

    def loss(inputs: Array) -> Array:
        return cudnn.attend_by_cudnn(inputs, valid, projections, num_heads).sum()

    try:
        jax.eval_shape(jax.grad(loss), inputs)
    except (RuntimeError, ValueError) as error:
        _say_once(str(error))
        return False
    return True


@functools.cache
def _say_once(reason: str) -> None:
    warnings.warn(f"attention runs without cuDNN's kernel, slower and in more memory: {reason}", stacklevel=2)


def _all_heads_at_once(inputs: Array, valid: Array, projections: Projections, num_heads: int) -> Array:
    heads = projections.heads(inputs, len(valid), num_heads)
    return projections.outputs(checkpoint_name(attend(*heads, valid), "mixed"))


def _one_head_at_a_time(inputs: Array, valid: Array, projections: Projections, num_heads: int) -> Array:
    return projections.outputs(attend_head_by_head(*projections.heads(inputs, len(valid), num_heads), valid))


_WAYS: dict[AttentionWay, Callable[..., Array]] = {
    "all heads": _all_heads_at_once,
    "head by head": _one_head_at_a_time,
    "splash": splash.attend_by_splash,
    "cudnn": cudnn.attend_by_cudnn,
}
