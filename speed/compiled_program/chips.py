"""TPU chips as the roofline needs them: rates of matrix unit, memory and interconnect, and memory for a program."""

import dataclasses
import importlib.util
import re

import jax
from agront_train.devices import ACCELERATORS, Accelerator
from jax.experimental import topologies

GIB = 2**30


@dataclasses.dataclass(frozen=True, kw_only=True)
class Chip:
    """One kind of TPU, and its rates for one device as JAX counts them.

    TPU v2 and v3 are left out: only a device at hand tells that the kernel for attention does not run there.
    """

    name: str
    """As the topologies of libtpu begin: v4, v5e."""
    accelerator: Accelerator
    """Its peak, rate of memory and usable memory: the same that `tools/plan.py` uses."""
    flops_a_cycle: int
    """FLOP of all matrix units of a device in a cycle: units x side x side x 2. In libtpu's estimates (0.0.42.1) a
    product of 8,192 x 8,192 matrices comes to 70 % of it on v6e, and 88 to 97 % on the others."""
    link_bytes: float
    """Bytes a second one way over one link of the interconnect, for one device."""
    ring_multiple: int
    """An axis of the topology whose length this divides is closed to a ring: its devices have two links along it."""
    topologies: tuple[str, ...]
    """Some that libtpu knows; there are more of the same kind."""
    config: str = "default"
    """libtpu's name of how the chip's cores are shown: `megacore` makes both of them one device, as JAX does on TPU."""

    @property
    def peak_flops(self) -> float:
        """FLOP a second of products in bfloat16."""
        return self.accelerator.bfloat16_flops

    @property
    def hertz(self) -> float:
        """Cycles a second: derived, the stated peak by what the matrix units do in a cycle."""
        return self.peak_flops / self.flops_a_cycle

    def interconnect_bytes(self, topology: str) -> float:
        """Bytes a second that a device sends over all its links of a topology such as v4:8x8x8; 0 for a single chip.

        An axis of 2 chips or more gives one link, and a second one where it is closed to a ring.
        """
        axes = [int(length) for length in re.findall(r"\d+", topology.partition(":")[2])]
        links = sum((length > 1) + (length > 2 and length % self.ring_multiple == 0) for length in axes)
        return links * self.link_bytes


# Links, one way: "How to Scale Your Model"
# (jax-ml.github.io/scaling-book, chapter on TPUs). For v4 it agrees with Google Cloud's 1.1 PB/s of all-reduce for
# 4,096 chips, 6 x 45 GB/s each. Rings: Google Cloud's pages; slices of v4 and v5p are closed from 4 x 4 x 4 on.
CHIPS = {
    chip.name: chip
    for chip in (
        Chip(
            name="v4",
            accelerator=ACCELERATORS["tpu-v4"],
            flops_a_cycle=8 * 128 * 128 * 2,
            link_bytes=45e9,
            ring_multiple=4,
            topologies=("v4:2x2x1", "v4:2x2x2", "v4:4x4x4", "v4:4x4x8", "v4:4x8x8", "v4:8x8x8", "v4:8x8x16"),
            config="megacore",
        ),
        Chip(
            name="v5e",
            accelerator=ACCELERATORS["tpu-v5e"],
            flops_a_cycle=4 * 128 * 128 * 2,
            link_bytes=45e9,
            ring_multiple=16,
            topologies=("v5e:2x2", "v5e:4x4", "v5e:8x8", "v5e:16x16"),
        ),
        Chip(
            name="v5p",
            accelerator=ACCELERATORS["tpu-v5p"],
            flops_a_cycle=8 * 128 * 128 * 2,
            link_bytes=90e9,
            ring_multiple=4,
            topologies=("v5p:2x2x1", "v5p:4x4x4", "v5p:8x8x8"),
            config="megacore",
        ),
        Chip(
            name="v6e",
            accelerator=ACCELERATORS["tpu-v6e"],
            flops_a_cycle=4 * 256 * 256 * 2,
            link_bytes=90e9,
            ring_multiple=16,
            topologies=("v6e:2x2", "v6e:4x4", "v6e:16x16"),
        ),
    )
}
"""Chips by name."""


def parse_topology(text: str) -> Chip:
    """Find the chip of a topology.

    Args:
        text: NAME:AxB or NAME:AxBxC, the chips along each axis: v5e:4x4, v4:8x8x8.

    Raises:
        ValueError: there is no such chip, or the axes are not such numbers.
    """
    name, _, axes = text.partition(":")
    if name not in CHIPS or not re.fullmatch(r"[1-9]\d*(x[1-9]\d*){1,2}", axes):
        raise ValueError(_no_topology(text))
    return CHIPS[name]


def topology_devices(text: str) -> list[jax.Device]:
    """Let libtpu describe the devices of a topology; nothing need be there.

    Args:
        text: as for `parse_topology`.

    Raises:
        ValueError: libtpu is not installed, or knows no such topology.
    """
    chip = parse_topology(text)
    if importlib.util.find_spec("libtpu") is None:
        raise ValueError(
            "libtpu, the compiler for TPUs, is not installed: pip install 'agront-train[tpu]' (no TPU is needed)"
        )
    try:
        described = topologies.get_topology_desc(platform="tpu", topology_name=text, chip_config_name=chip.config)
    except (RuntimeError, ValueError, NotImplementedError) as error:
        raise ValueError(f"{_no_topology(text)} (libtpu: {str(error).splitlines()[0]})") from error
    return list(described.devices)


def _no_topology(text: str) -> str:
    known = ", ".join(topology for chip in CHIPS.values() for topology in chip.topologies)
    return f"--topology {text}: there is no such topology; there are, among others of these chips, {known}"
