"""FLOP and time of Pallas kernels, which the compiler does not estimate: of splash attention, by a stated rule.

A kernel's products are counted from the shapes of its operands, at the width that they are padded to. Its time is
these FLOP at a share of the matrix unit's peak. The shares are derived, not measured: of the numbers of instruction
bundles that libtpu makes of the kernels' loops for TPU v4 (blocks of 1,024; 3 rows, 20 heads, 1,024 tokens, width 128).
These make 253 µs for the forward kernel, which has 2 products, 32.2 GFLOP, 127 TFLOP/s of 275; and 485 µs for the fused
backward kernel, 5 products, 80.5 GFLOP, 166 TFLOP/s. For other chips and blocks the same shares are assumed.
"""

import math
from typing import NamedTuple

from compiled_program.array_shape import ArrayShape
from compiled_program.hlo_text import Computation, Instruction

FORWARD_SHARE = 0.46
"""Share of the peak in which the forward kernel makes its FLOP."""

BACKWARD_SHARE = 0.60
"""Share of the peak in which the backward kernels make theirs."""


class Kernel(NamedTuple):
    """What the rule says of one run of a kernel."""

    name: str
    """As the kernel calls itself; of one that the rule does not know, its instruction."""
    flops: int
    """In its products; 0 for a kernel that the rule does not know."""
    share: float
    """Of the matrix unit's peak; 0 for a kernel that the rule does not know."""

    def seconds(self, peak_flops: float) -> float:
        """Seconds of one run on a device with this peak, FLOP a second."""
        return self.flops / (self.share * peak_flops) if self.share else 0.0


def read_kernel(instruction: Instruction, computation: Computation) -> Kernel | None:
    """Apply the rule to an instruction; None if it is no Pallas kernel.

    The first two operands of floats with three axes or more are queries [..., T, e] and keys [..., S, e]; each product
    takes 2 x T x S x e FLOP for each row and head. Forward makes 2 of them (scores, mixed values). Of the gradients,
    `dkv` makes 4 (scores, gradients of values, weights and keys), and 5 where the gradient of the queries is a third
    result, which is the fused kernel; `dq` alone makes 3. The phases are in the names that JAX's kernels have.

    Args:
        instruction: any of a program.
        computation: its own, where its operands are found.
    """
    if instruction.opcode != "custom-call" or instruction.target != "tpu_custom_call":
        return None
    label = f"{instruction.op_name} {instruction.name}"
    operands = [computation[name].shapes[0] for name in instruction.operands if name in computation]
    arrays = [shape for shape in operands if _is_matrices(shape)]
    phase = next((phase for phase in ("fwd", "dkv", "dq") if "splash" in label and f"_{phase}" in label), None)
    if phase is None or len(arrays) < 2:
        return Kernel(instruction.name, 0, 0.0)
    query, key = arrays[:2]
    # Beside gradients its results are scratch memory, of fewer axes.
    fused = sum(len(shape.axes) >= len(query.axes) for shape in instruction.shapes) > 2
    products = {"fwd": 2, "dq": 3, "dkv": 5 if fused else 4}[phase]
    share = FORWARD_SHARE if phase == "fwd" else BACKWARD_SHARE
    flops = products * 2 * math.prod(query.axes) * key.axes[-2]
    return Kernel(f"splash attention, {phase}{' (fused)' if phase == 'dkv' and fused else ''}", flops, share)


def _is_matrices(shape: ArrayShape) -> bool:
    return len(shape.axes) >= 3 and shape.dtype in ("f32", "bf16", "f16")
