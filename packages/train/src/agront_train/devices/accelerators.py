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
    platform: Literal["tpu", "cuda"]
    """What JAX calls its kind."""
    has_attention_kernel: bool
    """Whether the kernels of `agront_model` for attention run there; older devices attend to all heads at once."""
    usable_bytes: int
    """Memory that a program may fill. Of a TPU, what the compiler states when it refuses more (libtpu 0.0.42). Of a
    GPU, 90 % of the nominal memory, which is assumed: the rest is for the runtime and fragmentation."""
    memory_rate: float
    """Bytes a second to and from its memory, as the vendor states it."""
    interconnect_rate: float
    """Bytes a second that it sends to its neighbours over all links, in a slice that is closed to a torus. Of a GPU, to
    others of the same host."""
    bfloat16_flops: float
    """FLOP a second of dense matrix products in bfloat16, summed in float32, as the vendor states it."""
    float32_flops: float
    """The same of float32 arrays at JAX's default precision: in TF32 on a GPU that has it, in bfloat16 on a TPU."""
    source: str
    """The text these figures are from."""

    def peak_flops(self, compute: Compute) -> float:
        """FLOP a second in a number format."""
        return self.bfloat16_flops if compute == "bfloat16" else self.float32_flops


def _tpu(
    name: str, kinds: tuple[str, ...], usable_gib: float, tera: float, memory: float, interconnect: float
) -> Accelerator:
    return Accelerator(
        name=name,
        device_kinds=kinds,
        platform="tpu",
        has_attention_kernel=name not in ("tpu-v2", "tpu-v3"),
        usable_bytes=int(usable_gib * 2**30),
        memory_rate=memory * 1e9,
        interconnect_rate=interconnect * 1e9,
        bfloat16_flops=tera * 1e12,
        float32_flops=tera * 1e12,  # JAX multiplies float32 arrays in one pass of bfloat16 there, unless told otherwise
        source=f"Google Cloud, system architecture of {name.replace('tpu-', 'TPU ')}; links: How to Scale Your Model",
    )


def _gpu(
    name: str,
    kinds: tuple[str, ...],
    gib: int,
    tera: float,
    tera_float32: float,
    memory: float,
    interconnect: float,
    source: str,
) -> Accelerator:
    return Accelerator(
        name=name,
        device_kinds=kinds,
        platform="cuda",
        has_attention_kernel=not name.startswith("v100"),
        usable_bytes=int(0.9 * (gib << 30)),
        memory_rate=memory * 1e9,
        interconnect_rate=interconnect * 1e9,
        bfloat16_flops=tera * 1e12,
        float32_flops=tera_float32 * 1e12,
        source=source,
    )


# TPU: usable GiB, TFLOP/s, GB/s of memory, GB/s of all links one way. GPU: nominal GiB, TFLOP/s in bfloat16 and in
# float32, GB/s of memory, GB/s one way by NVLink or PCI Express. NVIDIA's data sheets print rates with 2:4 sparsity
# from Hopper and Ada on; here they are halved, as for dense products.
_ALL = (
    _tpu("tpu-v2", ("TPU v2",), 7.48, 22.5, 350, 124),  # a chip has 45 TFLOP/s and 16 GiB, in two cores
    _tpu("tpu-v3", ("TPU v3",), 15.48, 61.5, 450, 200),  # a chip has 123 TFLOP/s and 32 GiB, in two cores
    _tpu("tpu-v4", ("TPU v4",), 30.75, 275, 1200, 270),
    _tpu("tpu-v5e", ("TPU v5 lite", "TPU v5e"), 15.75, 197, 819, 180),
    _tpu("tpu-v5p", ("TPU v5", "TPU v5p"), 95.74, 459, 2765, 540),
    _tpu("tpu-v6e", ("TPU v6 lite", "TPU v6e"), 31.25, 918, 1640, 360),
    _gpu(
        "a100-40gb",
        ("NVIDIA A100-SXM4-40GB", "NVIDIA A100-PCIE-40GB"),
        *(40, 312, 156, 1555, 300, "NVIDIA A100 data sheet, SXM"),
    ),
    _gpu(
        "a100-80gb",
        ("NVIDIA A100-SXM4-80GB", "NVIDIA A100 80GB PCIe"),
        *(80, 312, 156, 2039, 300, "NVIDIA A100 data sheet, SXM"),
    ),
    _gpu("h100", ("NVIDIA H100 80GB HBM3",), 80, 989.5, 494.5, 3350, 450, "NVIDIA H100 data sheet, SXM"),
    _gpu("h100-pcie", ("NVIDIA H100 PCIe",), 80, 756.5, 378, 2000, 64, "NVIDIA H100 data sheet, PCIe"),
    _gpu("h200", ("NVIDIA H200",), 141, 989.5, 494.5, 4800, 450, "NVIDIA H200 data sheet, SXM"),
    _gpu(
        "rtx-4090",
        ("NVIDIA GeForce RTX 4090",),
        *(24, 165.2, 82.6, 1008, 32, "NVIDIA Ada architecture white paper, appendix A"),
    ),
    _gpu("l4", ("NVIDIA L4",), 24, 121, 60, 300, 32, "NVIDIA L4 data sheet"),
    # No bfloat16 in its tensor cores: such products are made in float32.
    _gpu("v100-16gb", ("Tesla V100-SXM2-16GB",), 16, 15.7, 15.7, 900, 150, "NVIDIA V100 data sheet, SXM2"),
    _gpu("v100-32gb", ("Tesla V100-SXM2-32GB",), 32, 15.7, 15.7, 900, 150, "NVIDIA V100 data sheet, SXM2"),
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
