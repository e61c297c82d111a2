"""Parts of labelled sequences: to train on, to choose the best by, and to test on."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from jaxtyping import Int64

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")

_SPELLINGS: dict[str, Part] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
}


def part_of(text: str, source: str) -> Part:
    """Reads the part in a column of a table.

    Args:
        text: One of train, validation, test, in letters of either case, or a usual short form.
        source: File and row, for the message.

    Raises:
        ValueError: It is none.
    """
    part = _SPELLINGS.get(text.strip().lower())
    if part is None:
        raise ValueError(f"{source}: {text!r} is no part; write train, validation or test")
    return part


def split_groups(
    groups: Sequence[str] | Int64[np.ndarray, "N"], shares: tuple[float, float, float], seed: int
) -> list[Part]:
    """Shares groups out at random: all of a group are in one part, such as sequences of a contig or that are alike.

    Args:
        groups: The group of each sequence.
        shares: Of train, validation and test, in sequences; they add up to 1. The largest groups go to the part that
            lacks most, so that shares come out as near as they can.
        seed: The same one gives the same parts.

    Returns:
        The part of each sequence.

    Raises:
        ValueError: Shares are negative or do not add up to 1, or there are fewer groups than parts.
    """
    if min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"the shares of train, validation and test are {shares}: they must add up to 1")
    names, members, sizes = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    if names.size < sum(share > 0 for share in shares):
        raise ValueError(
            f"there are {names.size} groups for {sum(share > 0 for share in shares)} parts; each part needs one"
        )
    order = np.random.default_rng(seed).permutation(names.size)
    order = order[np.argsort(-sizes[order], kind="stable")]
    missing = np.array(shares) * sizes.sum()
    parts = np.zeros(names.size, np.int64)
    for group in order.tolist():
        parts[group] = int(np.argmax(missing))
        missing[parts[group]] -= sizes[group]
    return [PARTS[part] for part in parts[members.reshape(-1)].tolist()]
