"""Bytes that an instruction of a compiled program moves to and from a device's main memory (HBM)."""

from compiled_program.array_shape import ArrayShape
from compiled_program.hlo_text import Computation, Instruction, Program

_MOVE_NOTHING = {
    *("parameter", "constant", "iota", "tuple", "get-tuple-element", "bitcast", "after-all", "partition-id"),
    *("while", "conditional", "call", "opt-barrier", "add-dependency"),  # their computations are counted by themselves
    *("copy-done", "slice-done", "async-done", "async-update"),  # counted where they start
    *("all-reduce-done", "all-gather-done", "collective-permute-done"),
}
_SLICES = ("slice", "dynamic-slice", "gather")


def count_hbm_bytes(program: Program, instruction: Instruction, computation: Computation) -> int:
    """Bytes of one run: what it reads and what it writes, with the padding of tiles.

    Of an operand that is only sliced the slices count, of one that is updated in place what is written. What lies in a
    memory inside the chip does not count.

    Args:
        program: where called computations are found.
        instruction: the one to count.
        computation: its own, where its operands are found.
    """
    if instruction.opcode in _MOVE_NOTHING:
        return 0
    called = instruction.attribute("calls")
    if instruction.opcode == "fusion" and called is not None:
        inside, read = program.computations[called], 0
        for operand, parameter in zip(instruction.operands, program.parameters(called), strict=True):
            shapes = computation[operand].shapes
            if shapes and shapes[0].in_hbm:
                read += _read(program, inside, parameter.name, shapes[0])
        return read + _written(program, called, instruction.shapes)
    if instruction.opcode == "copy-start":  # its result is (target, source, a sign that it is done)
        return _in_hbm(instruction.shapes[:2])
    if instruction.opcode == "slice-start":  # its result is ((source), slice, a sign that it is done)
        return sum(instruction.shapes[1].padded_bytes for end in instruction.shapes[:2] if end.in_hbm)
    if instruction.opcode == "async-start" and called is not None:
        inside = program.computations[called]
        return sum(count_hbm_bytes(program, each, inside) for each in inside.values())
    if instruction.opcode in _SLICES:
        return 2 * _in_hbm(instruction.shapes)
    if instruction.opcode == "dynamic-update-slice":
        return 2 * _in_hbm(computation[instruction.operands[1]].shapes)
    operands = (computation[name].shapes for name in instruction.operands if name in computation)
    return _in_hbm(instruction.shapes) + sum(map(_in_hbm, operands))


def _in_hbm(shapes: tuple[ArrayShape, ...]) -> int:
    return sum(shape.padded_bytes for shape in shapes if shape.in_hbm)


def _read(program: Program, inside: Computation, name: str, whole: ArrayShape) -> int:
    """Bytes that a fused computation reads of one of its values."""
    total = 0
    for user in inside.values():
        called = user.attribute("calls")
        for place, operand in enumerate(user.operands):
            if operand != name:
                continue
            if user.opcode == "bitcast":
                total += _read(program, inside, user.name, whole)
            elif user.opcode in _SLICES and place == 0:
                total += user.shapes[0].padded_bytes
            elif user.opcode == "dynamic-update-slice" and place == 0:
                pass  # in place: only what is written counts
            elif called is not None:
                parameter = program.parameters(called)[place]
                total += _read(program, program.computations[called], parameter.name, whole)
            else:
                return whole.padded_bytes
    return min(total, whole.padded_bytes)


def _written(program: Program, called: str, shapes: tuple[ArrayShape, ...]) -> int:
    """Bytes that a fusion with results of these shapes writes: of an update in place, the new part."""
    inside, root = program.computations[called], program.root(called)
    results = [inside[name] for name in root.operands] if root.opcode == "tuple" else [root]
    total = 0
    for result, shape in zip(results, shapes, strict=False):
        if not shape.in_hbm:
            continue
        while result.opcode == "bitcast":
            result = inside[result.operands[0]]
        updated = result.opcode == "dynamic-update-slice"
        total += inside[result.operands[1]].shapes[0].padded_bytes if updated else shape.padded_bytes
    return total
