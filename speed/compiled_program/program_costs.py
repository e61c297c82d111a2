"""What a compiled program does in one run: each instruction with its costs, and how often it runs.

`jax.stages.Compiled.cost_analysis()` counts the body of a loop once, so the text of the program is walked instead.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from compiled_program.hlo_text import Computation, Instruction, Program
from compiled_program.memory_traffic import count_hbm_bytes
from compiled_program.products import count_flops


class InstructionCost(NamedTuple):
    """An instruction, and the costs of one run of it."""

    instruction: Instruction
    """The instruction."""
    computation: Computation
    """Where its operands are found."""
    times: int
    """How often it runs in one run of the program."""
    flops: int
    """FLOP of its matrix products; see `count_flops`."""
    hbm_bytes: int
    """Bytes to and from main memory; see `count_hbm_bytes`."""
    inside: tuple[str, ...]
    """The loops and conditions around it: "while" and "conditional", from the outside in."""


def instruction_costs(program: Program) -> list[InstructionCost]:
    """All instructions that run, with their costs; of a condition's branches only the dearer, by estimated cycles.

    A fusion is one instruction. Loops, conditions and calls are replaced by what they run.
    """
    return list(_walk(program, program.entry, 1, ()))


def trip_count(program: Program, loop: Instruction) -> int:
    """How often the body of a `while` runs: as the compiler notes it, else the largest constant of its condition.

    A loop of JAX counts from 0 up to a constant, which XLA does not always note. 1 where there is neither.
    """
    noted = re.search(r'"known_trip_count":\{"n":"(\d+)"', loop.attributes)
    if noted:
        return int(noted[1])
    condition = loop.attribute("condition")
    return 1 if condition is None else max(_constants(program, condition), default=1)


def _constants(program: Program, name: str) -> Iterator[int]:
    for instruction in program.computations[name].values():
        if instruction.opcode == "constant" and instruction.shapes[0].dtype in ("s32", "u32"):
            yield from map(int, re.findall(r"^\d+$", instruction.arguments))
        called = instruction.attribute("calls")
        if called is not None:
            yield from _constants(program, called)


def _walk(program: Program, name: str, times: int, inside: tuple[str, ...]) -> Iterator[InstructionCost]:
    computation = program.computations[name]
    for instruction in computation.values():
        if instruction.opcode == "while":
            body = instruction.attribute("body")
            assert body is not None, instruction.name
            yield from _walk(program, body, times * trip_count(program, instruction), (*inside, "while"))
        elif instruction.opcode == "conditional":
            branches = [
                list(_walk(program, branch, times, (*inside, "conditional"))) for branch in _branches(instruction)
            ]
            yield from max(branches, key=lambda costs: sum(cost.times * cost.instruction.cycles for cost in costs))
        elif instruction.opcode == "call":
            called = instruction.attribute("to_apply")
            assert called is not None, instruction.name
            yield from _walk(program, called, times, inside)
        else:
            flops = count_flops(program, instruction, computation)
            hbm_bytes = count_hbm_bytes(program, instruction, computation)
            yield InstructionCost(instruction, computation, times, flops, hbm_bytes, inside)


def _branches(instruction: Instruction) -> list[str]:
    found = re.search(r"branch_computations=\{([^}]*)\}", instruction.attributes)
    if found:
        return [name.strip().lstrip("%") for name in found[1].split(",")]
    names = (instruction.attribute(name) for name in ("true_computation", "false_computation"))
    return [name for name in names if name is not None]
