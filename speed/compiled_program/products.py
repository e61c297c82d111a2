"""FLOP of matrix products in a compiled program: `dot`, and `convolution`, which is how a TPU writes most of them."""

import functools
import math
import re

from compiled_program.hlo_text import Computation, Instruction, Program


def count_flops(program: Program, instruction: Instruction, computation: Computation) -> int:
    """FLOP of one run of an instruction, a multiply-add being two; of a fusion those of all products inside it.

    Only products count: the rest is a few percent of a training step, and no work of the matrix unit. A loop, a
    condition and a custom call have none here.

    Args:
        program: where called computations are found.
        instruction: the one to count.
        computation: its own, where its operands are found.
    """
    if instruction.opcode == "convolution":
        return _convolution(instruction, computation)
    if instruction.opcode == "dot":
        left = computation[instruction.operands[0]].shapes[0]
        contracted = math.prod(left.axes[axis] for axis in instruction.numbers("lhs_contracting_dims"))
        return 2 * instruction.shapes[0].size * contracted
    called = instruction.attribute("calls")
    if called is None:
        return 0
    inside = program.computations[called]
    return sum(count_flops(program, each, inside) for each in inside.values())


def _convolution(instruction: Instruction, computation: Computation) -> int:
    """As XLA's cost analysis counts: a product with padding or with the hole of a dilated window is none.

    A TPU's compiler writes the rows and heads of a batched product as axes of a dilated window, in which one of the
    window's places alone meets a number: to count window x output would be wrong by the batch size.
    """
    labels = re.search(r"dim_labels=(\w+)_(\w+)->(\w+)", instruction.attributes)
    if labels is None:
        raise ValueError(f"the convolution {instruction.name} has no dim_labels")
    left, right = (computation[name].shapes[0].axes for name in instruction.operands[:2])
    result = instruction.shapes[0].axes
    window = _window(instruction)
    num_axes = len(left) - 2
    pads = window.get("pad", "x".join(["0_0"] * num_axes)).split("x")

    def parts(name: str) -> list[int]:
        return [int(number) for number in window.get(name, "x".join(["1"] * num_axes)).split("x")]

    products = result[labels[3].index("b")] * result[labels[3].index("f")] * right[labels[2].index("i")]
    for axis in range(num_axes):
        sign = str(axis)
        products *= _meetings(
            size=left[labels[1].index(sign)],
            window=right[labels[2].index(sign)],
            result=result[labels[3].index(sign)],
            stride=parts("stride")[axis],
            pad=int(pads[axis].partition("_")[0]),
            dilation=parts("lhs_dilate")[axis],
            window_dilation=parts("rhs_dilate")[axis],
        )
    return 2 * products // int(instruction.attribute("batch_group_count") or 1)


def _window(instruction: Instruction) -> dict[str, str]:
    found = re.search(r"window=\{([^}]*)\}", instruction.attributes)
    fields = found[1].split() if found else []
    return {name: value for name, _, value in (field.partition("=") for field in fields)}


@functools.lru_cache(maxsize=4096)
def _meetings(
    *, size: int, window: int, result: int, stride: int, pad: int, dilation: int, window_dilation: int
) -> int:
    """Pairs of a place of the result and a place of the window that meet a number of the input, along one axis."""
    last = (size - 1) * dilation
    count = 0
    for place in range(window):
        first = place * window_dilation - pad
        # Places o of the result with 0 <= first + o * stride <= last that do not meet a hole of the dilated input.
        low = max(0, -(first // stride))
        high = min(result - 1, (last - first) // stride)
        if dilation == 1:
            count += max(0, high - low + 1)
        else:
            count += sum((first + other * stride) % dilation == 0 for other in range(low, high + 1))
    return count
