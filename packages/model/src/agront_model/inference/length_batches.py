"""Sequences of many lengths, sorted into batches of few shapes with little padding."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

import numpy as np

# Lengths that rows are padded to grow by a quarter: sequences of random length then lose a tenth to padding, and
# between 32 and 1,024 tokens there are 17 such lengths. They are multiples of 8, as matrix units like them.
_GROWTH = 1.25
_MULTIPLE = 8
_SHORTEST = 24

# Each new shape is compiled, for seconds with a large model. It must save this share of a full batch in padding, or
# this share of all tokens where there are few.
_SHAPE_COST_OF_BATCH = 1 / 4
_SHAPE_COST_OF_ALL = 1 / 20


class LengthBatch(NamedTuple):
    """Sequences that are computed together.

    Attributes:
        length: tokens that each row is padded to.
        num_rows: rows that are computed, over all devices; those after the members are padding.
        members: which sequences, one a row; at least one, at most `num_rows`.
    """

    length: int
    num_rows: int
    members: tuple[int, ...]


def length_buckets(max_tokens: int) -> tuple[int, ...]:
    """The lengths that rows are padded to, ascending; the last is the context."""
    lengths = {max_tokens}
    length = float(max_tokens)
    while length > _SHORTEST:
        lengths.add(min(max_tokens, -(-int(np.ceil(length)) // _MULTIPLE) * _MULTIPLE))
        length /= _GROWTH
    return tuple(sorted(lengths))


def power_of_four(count: int) -> int:
    """The least one that is not below a count, for places a row: each is compiled anew, and some more cost little."""
    power = 1
    while power < count:
        power *= 4
    return power


def plan_batches(
    lengths: Sequence[int], max_tokens: int, *, batch_tokens: int, num_devices: int = 1
) -> list[LengthBatch]:
    """Sorts sequences into batches; each stands in exactly one.

    From the shortest length on, batches are filled with as many rows as `batch_tokens` allows. Rows left over get a
    batch of their own, one of the next power of two of rows where that is cheaper than a full one; or they move up to
    the next length in use, where padding them costs less than that batch would. A single sequence is one row.

    The plan depends on the lengths alone: the same sequences are computed in the same batches, hence to the same bits,
    whatever was computed before.

    Args:
        lengths: tokens of each sequence, at least one, at most `max_tokens`.
        max_tokens: the context.
        batch_tokens: tokens, padding included, that a device computes at once; one row is always allowed.
        num_devices: devices that a batch is shared out over.

    Returns:
        The longest first: what does not fit the memory fails at once.
    """
    buckets = length_buckets(max_tokens)
    order = np.argsort(lengths, kind="stable")
    in_bucket = np.searchsorted(buckets, np.asarray(lengths)[order])
    members = {buckets[index]: order[in_bucket == index].tolist() for index in np.unique(in_bucket).tolist()}
    shape_cost = min(batch_tokens * num_devices * _SHAPE_COST_OF_BATCH, sum(lengths) * _SHAPE_COST_OF_ALL)
    batches: list[LengthBatch] = []
    moved_up: list[int] = []
    for length, next_length in zip_longest(members, list(members)[1:]):
        waiting = moved_up + members[length]
        full = num_devices * max(1, batch_tokens // length)
        leftover = len(waiting) % full
        moved_up = waiting[:leftover]
        batches += [
            LengthBatch(length, full, tuple(waiting[first : first + full]))
            for first in range(leftover, len(waiting), full)
        ]
        if not leftover:
            continue
        # In tokens of padding: a full batch, whose shape may be in use, or one that is smaller.
        costs = {full: (full - leftover) * length + shape_cost * (len(waiting) < full)}
        smaller = num_devices * _power_of_two(-(-leftover // num_devices))
        if smaller < full:
            costs[smaller] = (smaller - leftover) * length + shape_cost
        rows = min(costs, key=lambda rows: costs[rows])
        if next_length is None or leftover * (next_length - length) >= costs[rows]:
            batches.append(LengthBatch(length, rows, tuple(moved_up)))
            moved_up = []
    return batches[::-1]


def _power_of_two(count: int) -> int:
    """The smallest that is not less."""
    return 1 << (count - 1).bit_length()
