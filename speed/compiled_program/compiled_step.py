"""The real train step of a run, compiled for devices that need not be there."""

import re
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np
from agront_data import TokenBatch
from agront_train.devices import AXIS, init_replicated_state, make_replicated_step, split_batch
from agront_train.tasks import MaskedTokenTask
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from pretraining import PlannedRun


class CompiledStep(NamedTuple):
    """What the compiler made of a step, for each device."""

    text: str
    """The optimized program, as XLA writes it."""
    peak_bytes: int
    """The most memory that is filled at any time."""
    argument_bytes: int
    """State and batch."""
    num_state_leaves: int
    """Arrays of the state, which are the program's first parameters."""
    seconds: float
    """Taken by tracing and compiling."""


def compile_step(run: PlannedRun, devices: Sequence[jax.Device]) -> CompiledStep:
    """Compile the step of a run: state and batch are shapes only, no array is made on a device.

    Args:
        run: its model, precision, training and remat decide the program.
        devices: all devices of the run, as `topology_devices` gives them.

    Raises:
        ValueError: devices do not divide the batch, or the compiler refuses the program because it does not fit.
    """
    task, config = run.task(), run.train
    state = jax.eval_shape(lambda: init_replicated_state(task, config, devices))
    step = make_replicated_step(task, config, devices)
    sharding = NamedSharding(Mesh(np.asarray(devices), (AXIS,)), PartitionSpec(AXIS))

    def placed(leaf: Any) -> jax.ShapeDtypeStruct:
        return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding)

    start = time.perf_counter()
    lowered = jax.jit(step, donate_argnums=0).lower(
        jax.tree.map(placed, state), jax.tree.map(placed, _batch(task, config.batch_size, len(devices), run))
    )
    try:
        compiled = lowered.compile()
    except jax.errors.JaxRuntimeError as error:
        raise ValueError(refusal(str(error))) from error
    memory = compiled.memory_analysis()
    assert memory is not None  # libtpu always has one
    return CompiledStep(
        text=compiled.as_text() or "",
        peak_bytes=memory.peak_memory_in_bytes,
        argument_bytes=memory.argument_size_in_bytes,
        num_state_leaves=len(jax.tree.leaves(state)),
        seconds=time.perf_counter() - start,
    )


def refusal(message: str) -> str:
    """Say why the compiler refused a program: that it does not fit, with its figures, or its own first line."""
    found = re.search(r"Used ([\d.]+)([KMGT]?) of ([\d.]+)([KMGT]?) hbm", message) or re.search(
        r"total memory required .*\(([\d.]+)([KMGT]?)\) exceeds available HBM \(([\d.]+)([KMGT]?)\)", message
    )
    if found:
        needed, unit, usable, other = found.groups()
        return f"does not fit: the compiler needs {needed} {unit}iB on each device, and {usable} {other}iB are usable"
    return f"the compiler refuses the program: {message.strip().splitlines()[0]}"


def _batch(task: MaskedTokenTask, batch_size: int, num_devices: int, run: PlannedRun) -> TokenBatch:
    tokens = np.zeros((batch_size, task.num_tokens), np.uint16)
    rows = np.zeros(batch_size, np.uint32)
    return split_batch(TokenBatch(tokens, rows), num_devices, run.train.micro_batches)
