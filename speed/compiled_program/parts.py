"""To which part of a train step an instruction of its compiled program belongs, by the path of JAX's operation."""

import re
from collections import Counter

from compiled_program.hlo_text import Instruction, Program

EXCHANGE = "exchange between devices"
KERNELS = "attention kernels, by the rule"

# The first that is found in a path counts. Einsum writes its subscripts into the path: capital D is the model's width.
_PATHS = (
    ("attention: projections", r"/attention/(.*/)?(query|key|value|output|\w*D\w*,\w+|\w+,\w*D\w*)\b"),
    ("attention: scores and the rest", r"/attention/|bhqk|splash"),
    ("feed-forward", r"/ffn/"),
    ("language-model head", r"lm_head|take_along_axis|cross_entropy|log_softmax"),
    ("layer norms", r"norm/"),
    ("embeddings", r"/embeddings/"),
    ("masking", r"mask_tokens|threefry|_randint|_uniform|argsort|vmap\(\)"),
    ("optimizer", r"/cond/branch"),
    (
        "stacking of activations and gradients",
        r"dynamic_(update_)?index_in_dim|transpose\(jvp\(.*\)\)(/broadcast_in_dim)?$",
    ),
    ("norm of the gradient", r"shard_map/(reduce_sum|square|div)$"),
)


def part_of(program: Program, instruction: Instruction, inside: tuple[str, ...]) -> str:
    """Name the part of the step that an instruction belongs to.

    A fusion whose own path says nothing belongs where most of its instructions do.

    Args:
        program: where called computations are found.
        instruction: no collective and no kernel, which have parts of their own.
        inside: the loops and conditions around it.
    """
    part, called = _part(instruction.op_name), instruction.attribute("calls")
    if part is None and called is not None:
        parts = Counter(filter(None, (_part(each.op_name) for each in program.computations[called].values())))
        part = parts.most_common(1)[0][0] if parts else None
    if part is not None:
        return part
    copies = instruction.opcode.startswith(("copy", "slice", "pad"))
    where = "in the layers" if "while" in inside else "outside the layers"
    return f"{'copies and pads' if copies else 'other'}, {where}"


def _part(op_name: str) -> str | None:
    return next((part for part, path in _PATHS if re.search(path, op_name)), None)
