"""How long a step takes at least, and about, by what its devices have to do: multiply, move and exchange."""

import dataclasses

from agront_train.config import TrainConfig
from agront_train.devices.accelerators import Accelerator, Compute
from agront_train.devices.memory import num_bytes
from agront_train.devices.model_costs import ModelCosts
from agront_train.update import TrainState

# Shares of a vendor's rates that a step reaches. For TPUs those with which the sum is within 10 % of what the compiler
# estimates for `agront-1b` (speed/tpu_compile.py: v4 with 1, 3 and 8 rows, v5p with 3, v6e with 3 and 8; with and
# without remat); for GPUs assumed.
_MATRIX_SHARE = {"tpu": 0.7, "cuda": 0.6}
_MEMORY_SHARE = {"tpu": 0.4, "cuda": 0.7}


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepTime:
    """Seconds of a step on each device, by what takes them; the parts follow one another."""

    matrix: float
    """Matrix products."""
    memory: float
    """Arrays that are read and written between them."""
    interconnect: float
    """Exchange with other devices, which nothing hides: it comes after the backward pass."""

    @property
    def total(self) -> float:
        """The sum of all parts."""
        return self.matrix + self.memory + self.interconnect

    @property
    def limit(self) -> str:
        """What takes the largest part."""
        parts = {"matrix unit": self.matrix, "memory": self.memory, "exchange": self.interconnect}
        return max(parts, key=lambda name: parts[name])


def plan_time(
    state: TrainState,
    config: TrainConfig,
    model: ModelCosts,
    num_devices: int,
    accelerator: Accelerator,
    compute: Compute,
) -> StepTime:
    """Estimates the time of a step.

    Args:
        state: `init_state`, or its shapes.
        config: batch size, micro-batches, and whether the optimizer is sharded.
        model: its part of the work.
        num_devices: devices over all hosts.
        accelerator: what they are.
        compute: number format of the products.
    """
    rows, platform = config.batch_size / num_devices, accelerator.platform
    moved = rows * model.row_traffic + state_traffic(state, config, model.weight_copy)
    return StepTime(
        matrix=rows * model.row_flops / (_MATRIX_SHARE[platform] * accelerator.peak_flops(compute)),
        memory=moved / (_MEMORY_SHARE[platform] * accelerator.memory_rate),
        interconnect=sent_bytes(state, config, num_devices, accelerator) / accelerator.interconnect_rate,
    )


def state_traffic(state: TrainState, config: TrainConfig, weight_copy: int) -> int:
    """Bytes that a step moves for the state, however many rows there are.

    The gradient is written once and read twice, to be summed over devices and for its norm; each further micro-batch
    reads and writes it once more. Adam reads parameters, gradient and both moments and writes all but the gradient.
    Where it is sharded, a device reads its share and writes the parameters that it collects.

    Args:
        state: `init_state`, or its shapes.
        config: micro-batches, and whether the optimizer is sharded.
        weight_copy: bytes of the parameters in another number format, which are made of them.
    """
    size = num_bytes(state.params)
    gradient = 3 + 2 * (config.micro_batches - 1)
    return size * (gradient + (2 if config.shard_optimizer else 7)) + 3 * weight_copy


def sent_bytes(state: TrainState, config: TrainConfig, num_devices: int, accelerator: Accelerator) -> float:
    """Bytes that each device sends in a step: the sum of the gradients over all devices, and what a share adds.

    A sum over all sends everything twice: scattered in parts, and collected again. A sharded optimizer collects
    parameters in place of gradients, and would send no more; but the compiler for TPUs makes a whole sum of the
    scattered one, and on the three-dimensional torus of v4 and v5p of the collection too (libtpu 0.0.42).

    Args:
        state: `init_state`, or its shapes.
        config: whether the optimizer is sharded.
        num_devices: devices over all hosts.
        accelerator: the device.
    """
    times = 2
    if config.shard_optimizer and accelerator.platform == "tpu":
        times = 4 if accelerator.name in ("tpu-v4", "tpu-v5p") else 3
    return times * num_bytes(state.params) * (num_devices - 1) / num_devices
