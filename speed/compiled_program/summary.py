"""A compiled program of the train step in figures: where its time, FLOP and bytes go, on one device."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Sequence

from compiled_program.array_shape import ArrayShape
from compiled_program.chips import Chip
from compiled_program.collectives import Collective, find_collectives, is_collective
from compiled_program.hlo_text import Program, read_program
from compiled_program.kernels import read_kernel
from compiled_program.parts import EXCHANGE, KERNELS, part_of
from compiled_program.program_costs import InstructionCost, instruction_costs

LARGE_COPY = 100_000_000
"""Bytes from which on a copy is listed."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the step: estimated seconds, FLOP of its products, and bytes to and from main memory."""

    name: str
    seconds: float
    flops: int
    hbm_bytes: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class KernelRuns:
    """A Pallas kernel: how often it runs, and seconds and FLOP of all runs by the rule of `kernels`, 0 without one."""

    name: str
    times: int
    seconds: float
    flops: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Copy:
    """An array that is written once more, in another place or layout."""

    array: str
    """Number format and axes."""
    num_bytes: int
    """Bytes of the copy, with the padding of tiles."""
    times: int
    """How often it is made."""
    fused: bool
    """Whether it is made on the way by a fusion that does other work too."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepSummary:
    """Figures of one run of a program on one device."""

    parts: tuple[Part, ...]
    """The longest first."""
    kernels: tuple[KernelRuns, ...]
    """All Pallas kernels, also those without a rule."""
    copies: tuple[Copy, ...]
    """Those of `LARGE_COPY` bytes and more."""
    collectives: tuple[Collective, ...]
    """In the order in which they run."""
    donated_leaves: int
    """How many of the state's arrays a result takes the place of."""
    flops: int
    """Of products, kernels included."""
    hbm_bytes: int
    """To and from main memory."""
    sent_bytes: float
    """To other devices."""
    matrix_seconds: float
    """What the FLOP take at the peak of the matrix unit: the roofline's first bound."""
    memory_seconds: float
    """What the bytes take at the rate of main memory: the second."""
    interconnect_seconds: float
    """What is sent takes at the rate of all links: the third."""
    estimated_seconds: float
    """The sum of all parts: the compiler's estimates, kernels by the rule, and the exchange that nothing hides."""


def summarize(text: str, chip: Chip, topology: str, num_devices: int, num_state_leaves: int) -> StepSummary:
    """Read a program and add up its costs.

    Args:
        text: `jax.stages.Compiled.as_text()`.
        chip: for which it was compiled.
        topology: as NAME:AxBxC; its axes decide how many links a device has.
        num_devices: over which it exchanges.
        num_state_leaves: arrays of the state, which must be the first parameters.

    Raises:
        ValueError: the text is no compiled program.
    """
    program = read_program(text)
    costs = instruction_costs(program)
    collectives = find_collectives(program, costs)
    rate = chip.interconnect_bytes(topology)
    sent = {hidden: _sent(collectives, num_devices, hidden) for hidden in (True, False)}
    parts = _parts(program, costs, chip, sent[False] / rate if rate else 0.0)
    flops = sum(part.flops for part in parts)
    hbm_bytes = sum(part.hbm_bytes for part in parts)
    return StepSummary(
        parts=tuple(parts),
        kernels=tuple(_kernels(costs, chip)),
        copies=tuple(_copies(program, costs)),
        collectives=tuple(collectives),
        donated_leaves=len({number for number in program.aliased_parameters if number < num_state_leaves}),
        flops=flops,
        hbm_bytes=hbm_bytes,
        sent_bytes=sum(sent.values()),
        matrix_seconds=flops / chip.peak_flops,
        memory_seconds=hbm_bytes / chip.accelerator.memory_rate,
        interconnect_seconds=sum(sent.values()) / rate if rate else 0.0,
        estimated_seconds=sum(part.seconds for part in parts),
    )


def _sent(collectives: Sequence[Collective], num_devices: int, hidden: bool) -> float:
    return sum(each.sent_bytes(num_devices) for each in collectives if each.asynchronous == hidden)


def _parts(program: Program, costs: Sequence[InstructionCost], chip: Chip, exchange_seconds: float) -> list[Part]:
    seconds: dict[str, float] = defaultdict(float)
    flops: dict[str, int] = defaultdict(int)
    hbm_bytes: dict[str, int] = defaultdict(int)
    for cost in costs:
        kernel = read_kernel(cost.instruction, cost.computation)
        if is_collective(program, cost.instruction):
            name = EXCHANGE
            seconds[name] = exchange_seconds  # of all of them together
        elif kernel is not None:
            name = KERNELS
            seconds[name] += cost.times * kernel.seconds(chip.peak_flops)
            flops[name] += cost.times * kernel.flops
        else:
            name = part_of(program, cost.instruction, cost.inside)
            seconds[name] += cost.times * cost.instruction.cycles / chip.hertz
            flops[name] += cost.times * cost.flops
        hbm_bytes[name] += cost.times * cost.hbm_bytes
    parts = [Part(name=name, seconds=seconds[name], flops=flops[name], hbm_bytes=hbm_bytes[name]) for name in hbm_bytes]
    return sorted(parts, key=lambda part: -part.seconds)


def _kernels(costs: Sequence[InstructionCost], chip: Chip) -> Iterator[KernelRuns]:
    found: dict[str, tuple[int, float, int]] = {}
    for cost in costs:
        kernel = read_kernel(cost.instruction, cost.computation)
        if kernel is not None:
            times, seconds, flops = found.get(kernel.name, (0, 0.0, 0))
            seconds += cost.times * kernel.seconds(chip.peak_flops)
            found[kernel.name] = (times + cost.times, seconds, flops + cost.times * kernel.flops)
    for name, (times, seconds, flops) in found.items():
        yield KernelRuns(name=name, times=times, seconds=seconds, flops=flops)


def _copies(program: Program, costs: Sequence[InstructionCost]) -> Iterator[Copy]:
    """Copies within main memory; moves into a memory inside the chip, which is how a TPU reads ahead, are none."""
    for cost in costs:
        instruction, called = cost.instruction, cost.instruction.attribute("calls")
        if instruction.opcode == "copy" or (
            instruction.opcode == "copy-start" and all(shape.in_hbm for shape in instruction.shapes[:2])
        ):
            yield from _large(instruction.shapes[:1], cost.times, fused=False)
        elif instruction.opcode == "fusion" and called is not None:
            inside = program.computations[called].values()
            only = {each.opcode for each in inside} <= {"parameter", "bitcast", "copy", "transpose"}
            for each in inside:
                if each.opcode in ("copy", "transpose"):
                    yield from _large(each.shapes, cost.times, fused=not only)


def _large(shapes: Sequence[ArrayShape], times: int, *, fused: bool) -> Iterator[Copy]:
    for shape in shapes:
        if shape.padded_bytes >= LARGE_COPY:
            yield Copy(array=str(shape), num_bytes=shape.padded_bytes, times=times, fused=fused)
