"""What the devices exchange in one run of a compiled program."""

import dataclasses
from collections.abc import Iterable

from compiled_program.hlo_text import Computation, Instruction, Program
from compiled_program.program_costs import InstructionCost

_KINDS = ("all-reduce", "all-gather", "reduce-scatter", "all-to-all", "collective-permute", "collective-broadcast")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Collective:
    """An exchange that all devices take part in."""

    kind: str
    """As XLA calls it: all-reduce, all-gather, reduce-scatter, …"""
    arrays: tuple[str, ...]
    """Number format and axes of each array, whole: of a gather after it, of a scatter before it."""
    num_bytes: int
    """Bytes of these arrays on one device, without the padding of tiles."""
    times: int
    """How often it runs."""
    asynchronous: bool
    """Whether it runs beside other work: it has a start and an end."""
    in_loop: bool
    """Whether it is inside the loop over layers or micro-batches."""

    def sent_bytes(self, num_devices: int) -> float:
        """Bytes that each device sends in all runs of it, by a ring: the whole array but its own part.

        A sum that all devices get makes that way twice: as sums of parts, then as copies of them.
        """
        ways = 2 if self.kind == "all-reduce" else 1
        return self.times * ways * self.num_bytes * (num_devices - 1) / num_devices


def find_collectives(program: Program, costs: Iterable[InstructionCost]) -> list[Collective]:
    """All collectives of a program, in the order in which they run.

    Also those inside a fusion: a sum of which each device keeps a slice, in one fusion, is a reduce-scatter.

    Args:
        program: the program.
        costs: its instructions, of `instruction_costs`.
    """
    return [each for cost in costs for each in _of(program, cost)]


def is_collective(program: Program, instruction: Instruction) -> bool:
    """Whether an instruction is a collective, its start or its end, or a fusion or an asynchronous call of one."""
    if _kind(instruction.opcode) is not None:
        return True
    called = instruction.attribute("calls")
    return called is not None and any(is_collective(program, each) for each in program.computations[called].values())


def _of(program: Program, cost: InstructionCost) -> list[Collective]:
    instruction, called = cost.instruction, cost.instruction.attribute("calls")
    if instruction.opcode.endswith(("-done", "-update")):  # counted where they start
        return []
    if _kind(instruction.opcode) is not None:
        return [_read(instruction, cost.computation, cost)]
    inside = {} if called is None else program.computations[called]
    return [_read(each, inside, cost) for each in inside.values() if _kind(each.opcode) is not None]


def _read(instruction: Instruction, computation: Computation, cost: InstructionCost) -> Collective:
    """The collective that an instruction is, inside what runs: itself, or a fusion or asynchronous call around it."""
    kind, operands = _kind(instruction.opcode), instruction.operands
    assert kind is not None
    shapes = instruction.shapes
    if instruction.opcode in ("all-gather-start", "collective-permute-start"):
        shapes = shapes[len(operands) : 2 * len(operands)]  # (operands, results)
    elif kind == "reduce-scatter":
        shapes = tuple(computation[name].shapes[0] for name in operands if name in computation)
    elif cost.instruction.opcode == "fusion" and _is_sliced(instruction, computation):
        kind = "reduce-scatter"
    return Collective(
        kind=kind,
        arrays=tuple(map(str, shapes)),
        num_bytes=sum(shape.num_bytes for shape in shapes),
        times=cost.times,
        asynchronous=cost.instruction.opcode.endswith("-start"),
        in_loop="while" in cost.inside,
    )


def _kind(opcode: str) -> str | None:
    plain = opcode.removesuffix("-start").removesuffix("-done")
    return plain if plain in _KINDS else None


def _is_sliced(instruction: Instruction, computation: Computation) -> bool:
    users = [each for each in computation.values() if instruction.name in each.operands]
    return bool(users) and all(each.opcode == "dynamic-slice" for each in users)
