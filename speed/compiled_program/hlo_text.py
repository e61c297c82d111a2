"""The text of a compiled program, `jax.stages.Compiled.as_text()`, as instructions.

XLA writes a program as computations: lists of instructions, of which one is the entry and the others are called by
name. An instruction is a line `%name = type opcode(operands), attribute=value, …`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from compiled_program.array_shape import ArrayShape, read_shapes

_NAME = r"[\w.\-<>]+"
_HEADER = re.compile(rf"(ENTRY )?%?({_NAME}) .*->.*\{{\s*$")
_INSTRUCTION = re.compile(rf"\s+(ROOT )?%?({_NAME}) = ")
_OPCODE = re.compile(r"\s*([\w\-]+)\(")


class Instruction(NamedTuple):
    """One line of a computation."""

    name: str
    """Unique in its computation."""
    shapes: tuple[ArrayShape, ...]
    """Of the result: one for an array, several for a tuple."""
    opcode: str
    """What it does: fusion, convolution, while, …"""
    arguments: str
    """The text between the parentheses: names of operands, the number of a parameter, the value of a constant."""
    attributes: str
    """The text behind the parentheses."""
    is_root: bool
    """Whether it is the result of its computation."""

    @property
    def operands(self) -> tuple[str, ...]:
        """Names of the operands."""
        return tuple(re.findall(rf"%({_NAME})", self.arguments))

    def attribute(self, name: str) -> str | None:
        """The value of an attribute that is one word, such as the name of a called computation; None without it."""
        found = re.search(rf"\b{name}=%?({_NAME})", self.attributes)
        return found[1] if found else None

    def numbers(self, name: str) -> tuple[int, ...]:
        """The numbers of an attribute in braces, as `lhs_contracting_dims={1,2}`; none without it."""
        found = re.search(rf"\b{name}=\{{([\d,\s]*)\}}", self.attributes)
        return tuple(int(number) for number in re.findall(r"\d+", found[1])) if found else ()

    @property
    def cycles(self) -> int:
        """The compiler's own estimate, in cycles of the device's clock; 0 where it gives none."""
        found = re.search(r'"estimated_cycles":"(\d+)"', self.attributes)
        return int(found[1]) if found else 0

    @property
    def op_name(self) -> str:
        """The path of JAX's operation from which this came: `jit(step)/…/attention/dot_general`; empty without one."""
        found = re.search(r'op_name="([^"]*)"', self.attributes)
        return found[1] if found else ""

    @property
    def target(self) -> str:
        """What a custom call calls: tpu_custom_call for a Pallas kernel; empty for other instructions."""
        found = re.search(r'custom_call_target="([^"]*)"', self.attributes)
        return found[1] if found else ""


Computation = Mapping[str, Instruction]
"""Instructions by name, in the order of the text; of the entry and of loop bodies, the order in which they run."""


class Program(NamedTuple):
    """A compiled program."""

    computations: Mapping[str, Computation]
    """By name."""
    entry: str
    """The name of the computation where the program begins."""
    aliased_parameters: tuple[int, ...]
    """Numbers of the entry's parameters whose memory a result of the program takes over: they were donated."""

    def root(self, name: str) -> Instruction:
        """The instruction that is a computation's result."""
        return next(each for each in self.computations[name].values() if each.is_root)

    def parameters(self, name: str) -> list[Instruction]:
        """The parameters of a computation, in the order of its caller's operands."""
        found = [each for each in self.computations[name].values() if each.opcode == "parameter"]
        return sorted(found, key=lambda parameter: int(parameter.arguments))


def read_program(text: str) -> Program:
    """Read the text of a compiled program.

    Raises:
        ValueError: the text has no entry, or a line with unequal parentheses.
    """
    computations: dict[str, dict[str, Instruction]] = {}
    entry, current = None, None
    for line in text.splitlines():
        if not line.startswith(" "):
            header = _HEADER.match(line)
            if header:
                current = computations.setdefault(header[2], {})
                entry = header[2] if header[1] else entry
        elif current is not None and _INSTRUCTION.match(line):
            instruction = _read_instruction(re.sub(r"/\*.*?\*/", "", line))
            current[instruction.name] = instruction
    if entry is None:
        raise ValueError("this is not the text of a compiled program: it has no line that begins with ENTRY")
    return Program(computations, entry, tuple(_aliased(text.partition("\n")[0])))


def _read_instruction(line: str) -> Instruction:
    begin = _INSTRUCTION.match(line)
    assert begin is not None
    at = begin.end()
    end = _closing(line, at) + 1 if line[at] == "(" else line.index(" ", at)
    opcode = _OPCODE.match(line, end)
    if opcode is None:
        raise ValueError(f"no opcode in the line {line[:120]!r}")
    closing = _closing(line, opcode.end() - 1)
    return Instruction(
        name=begin[2],
        shapes=read_shapes(line[at:end]),
        opcode=opcode[1],
        arguments=line[opcode.end() : closing],
        attributes=line[closing + 1 :],
        is_root=begin[1] is not None,
    )


def _closing(text: str, opening: int, signs: str = "()") -> int:
    """Where the parenthesis closes that opens at a place."""
    depth = 0
    for found in re.compile(f"[{re.escape(signs)}]").finditer(text, opening):
        depth += 1 if found[0] == signs[0] else -1
        if depth == 0:
            return found.start()
    raise ValueError(f"{signs[0]} is never closed in {text[opening : opening + 80]!r}")


def _aliased(header: str) -> Iterator[int]:
    """Parameter numbers of `input_output_alias={ {0}: (3, {}, may-alias), … }` in the first line of a program."""
    begin = header.find("input_output_alias={")
    if begin >= 0:
        begin = header.index("{", begin)
        for number in re.findall(r"\((\d+), \{", header[begin : _closing(header, begin, "{}")]):
            yield int(number)
