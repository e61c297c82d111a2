"""Compares what a file of weights holds with what a model needs."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from agront_model.pretrained.tensor_source import TensorSource

_FLOATS = ("float32", "float16", "bfloat16")
# The number of a layer in a name: "layer.12.", "attention_layer_12/".
_NUMBER = re.compile(r"(?<=[._])\d+(?=[./])")


def check_num_layers(source: TensorSource, num_layers: int, *, described_by: str) -> None:
    """Refuses more layers than a file can hold, before a name is made for the tensors of each.

    Raises:
        ValueError: fewer tensors in all than layers.
    """
    if num_layers > len(source.tensors):
        raise ValueError(
            f"{source.path}: holds {len(source.tensors):,} tensors in all, and {described_by} says {num_layers:,} "
            "layers: fetch both again, together"
        )


def check_tensors(
    source: TensorSource, expected: Mapping[str, tuple[int, ...]], *, described_by: str, ignored: str
) -> None:
    """Accounts for every tensor of a file; reads none.

    Args:
        source: the tensors.
        expected: shapes of those that the model needs.
        described_by: the file that says what the tensors should be.
        ignored: pattern of the names that may stand in the file and are of no use.

    Raises:
        ValueError: tensors missing, unexpected, of another shape or number format, all by name.
    """
    found = {name: info for name, info in source.tensors.items() if not re.fullmatch(ignored, name)}
    shared = expected.keys() & found.keys()
    problems = {
        "missing": expected.keys() - found.keys(),
        "unexpected": found.keys() - expected.keys(),
        "of another shape": {
            f"{name} {found[name].shape}, expected {expected[name]}"
            for name in shared
            if found[name].shape != expected[name]
        },
        f"of a number format other than {', '.join(_FLOATS)}": {
            f"{name} {found[name].dtype}" for name in shared if found[name].dtype not in _FLOATS
        },
    }
    if any(problems.values()):
        listed = "; ".join(f"{what}: {', '.join(joined_layers(names))}" for what, names in problems.items() if names)
        raise ValueError(f"{source.path}: the tensors are not those of {described_by}. {listed}")


def joined_layers(names: Iterable[str]) -> list[str]:
    """Sorts names, those that differ in the layer's number alone as one: "layer.{0-3,7}.bias"."""
    layers: dict[str, list[int]] = defaultdict(list)
    alone = []
    for name in names:
        match = _NUMBER.search(name)
        if match:
            layers[f"{name[: match.start()]}\0{name[match.end() :]}"].append(int(match[0]))
        else:
            alone.append(name)
    for pattern, numbers in layers.items():
        ranges: list[list[int]] = []
        for number in sorted(numbers):
            if ranges and number == ranges[-1][-1] + 1:
                ranges[-1] = [ranges[-1][0], number]
            else:
                ranges.append([number])
        stated = ",".join("-".join(map(str, part)) for part in ranges)
        alone.append(pattern.replace("\0", stated if len(numbers) == 1 else f"{{{stated}}}"))
    return sorted(alone)
