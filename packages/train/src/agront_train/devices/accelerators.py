"""Accelerators that people have: their memory, and the rate that utilisation is measured against."""

import dataclasses
import time
from collections.abc import Sequence
from typing import Literal

import jax
import jax.numpy as jnp

Compute = Literal["float32", "bfloat16"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Accelerator:
    """One device as JAX counts them: a GPU, a TPU chip, or one of the two cores of a TPU v2 or v3 chip."""

    name: str
    """Short name, for command lines."""
    device_kinds: tuple[str, ...]
    """`jax.Device.device_kind` of it."""
    memory_bytes: int
    """Its own memory: nominal, of which a runtime leaves less to a program."""
    bfloat16_flops: float
    """FLOP a second of dense matrix products in bfloat16, summed in float32, as the vendor states it."""
    float32_flops: float
    """The same of float32 arrays at JAX's default precision: in TF32 on a GPU that has it, in bfloat16 on a TPU."""
    source: str
    """The text these figures are from."""

    def peak_flops(self, compute: Compute) -> float:
        """FLOP a second in a number format."""
        return self.bfloat16_flops if compute == "bfloat16" else self.float32_flops


def _accelerator(
    name: str, kinds: tuple[str, ...], gib: int, tera: float, tera_float32: float, source: str
) -> Accelerator:
    return Accelerator(
        name=name,
        device_kinds=kinds,
        memory_bytes=gib << 30,
        bfloat16_flops=tera * 1e12,
        float32_flops=tera_float32 * 1e12,
        source=source,
    )


def _tpu(name: str, kinds: tuple[str, ...], gib: int, tera: float) -> Accelerator:
    # On a TPU JAX multiplies float32 arrays in one pass of bfloat16, unless told otherwise.
    source = f"Google Cloud, system architecture of {name.replace('tpu-', 'TPU ')}"
    return _accelerator(name, kinds, gib, tera, tera, source)


# NVIDIA's data sheets print rates with 2:4 sparsity from Hopper and Ada on; here they are halved, as for dense ones.
_ALL = (
    _tpu("tpu-v2", ("TPU v2",), 8, 22.5),  # a chip has 45 TFLOP/s and 16 GiB, in two cores
    _tpu("tpu-v3", ("TPU v3",), 16, 61.5),  # a chip has 123 TFLOP/s and 32 GiB, in two cores
    _tpu("tpu-v4", ("TPU v4",), 32, 275),
    _tpu("tpu-v5e", ("TPU v5 lite", "TPU v5e"), 16, 197),
    _tpu("tpu-v5p", ("TPU v5", "TPU v5p"), 95, 459),
    _tpu("tpu-v6e", ("TPU v6 lite", "TPU v6e"), 32, 918),
    _accelerator(
        "a100-40gb", ("NVIDIA A100-SXM4-40GB", "NVIDIA A100-PCIE-40GB"), 40, 312, 156, "NVIDIA A100 data sheet"
    ),
    _accelerator(
        "a100-80gb", ("NVIDIA A100-SXM4-80GB", "NVIDIA A100 80GB PCIe"), 80, 312, 156, "NVIDIA A100 data sheet"
    ),
    _accelerator("h100", ("NVIDIA H100 80GB HBM3",), 80, 989.5, 494.5, "NVIDIA H100 data sheet, SXM"),
    _accelerator("h100-pcie", ("NVIDIA H100 PCIe",), 80, 756.5, 378, "NVIDIA H100 data sheet, PCIe"),
    _accelerator("h200", ("NVIDIA H200",), 141, 989.5, 494.5, "NVIDIA H200 data sheet, SXM"),
    _accelerator(
        "rtx-4090", ("NVIDIA GeForce RTX 4090",), 24, 165.2, 82.6, "NVIDIA Ada architecture white paper, appendix A"
    ),
    _accelerator("l4", ("NVIDIA L4",), 24, 121, 60, "NVIDIA L4 data sheet"),
    # No bfloat16 in its tensor cores: such products are made in float32.
    _accelerator("v100-16gb", ("Tesla V100-SXM2-16GB",), 16, 15.7, 15.7, "NVIDIA V100 data sheet, SXM2"),
    _accelerator("v100-32gb", ("Tesla V100-SXM2-32GB",), 32, 15.7, 15.7, "NVIDIA V100 data sheet, SXM2"),
)

ACCELERATORS = {accelerator.name: accelerator for accelerator in _ALL}
"""Accelerators by name."""

_BY_KIND = {kind: accelerator for accelerator in _ALL for kind in accelerator.device_kinds}


def parse_devices(text: str) -> tuple[Accelerator, int]:
    """The accelerator that a text names, and how many of it.

    Args:
        text: NAME:COUNT, as tpu-v4:512 or h100:8.

    Raises:
        ValueError: there is no such accelerator, or no number; the message begins with the text.
    """
    name, _, count = text.partition(":")
    if name not in ACCELERATORS:
        raise ValueError(f"{text}: {name!r} is none of {', '.join(ACCELERATORS)}")
    if not count.isdecimal() or int(count) < 1:
        raise ValueError(f"{text}: say how many, as {name}:8")
    return ACCELERATORS[name], int(count)


def peak_flops(device: jax.Device, compute: Compute) -> float | None:
    """FLOP a second that a device can make at most, in dense matrix products; None of a device that is not known.

    Args:
        device: recognised by its `device_kind`. CPUs are not known.
        compute: number format of the products.
    """
    accelerator = _BY_KIND.get(device.device_kind)
    return None if accelerator is None else accelerator.peak_flops(compute)


def measured_peak_flops(device: jax.Device, compute: Compute, *, seconds: float = 0.005) -> float:
    """FLOP a second of a large square matrix product: the best of five, after one to warm up.

    To be measured against where `peak_flops` knows none; takes some tenths of a second.

    Args:
        device: where to multiply.
        compute: number format of the matrices.
        seconds: how long a product should take at least; matrices grow until one does, to 8192 rows at most.
    """
    multiply = jax.jit(jnp.matmul)
    size = 256
    while True:
        with jax.default_device(device):
            matrix = jnp.full((size, size), 1 / size, compute)
        best = min(_time(multiply, matrix) for _ in range(2))
        if best >= seconds or size == 8192:
            best = min(best, *(_time(multiply, matrix) for _ in range(4)))
            return 2 * size**3 / best
        size *= 2


def peak_rate(devices: Sequence[jax.Device], compute: Compute) -> float:
    """FLOP a second of devices of one kind together: the vendor's figure, or measured where `peak_flops` knows none.

    Several devices of a CPU are one and the same, so that CPUs count once a process.

    Args:
        devices: all devices of a run, on all hosts. A rate is measured on this host.
        compute: number format of the products.
    """
    peak = peak_flops(devices[0], compute)
    if peak is None:
        peak = measured_peak_flops(jax.local_devices()[0], compute)
    return peak * (jax.process_count() if devices[0].platform == "cpu" else len(devices))


def _time(multiply: jax.stages.Wrapped, matrix: jax.Array) -> float:
    start = time.perf_counter()
    multiply(matrix, matrix).block_until_ready()
    return time.perf_counter() - start
