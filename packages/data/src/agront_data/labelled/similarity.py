"""Which sequences are alike, by the 31-mers that they have in common on either strand."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Int64, UInt8, UInt64

from agront_data.bases import N
from agront_data.duplicates import RollingHash

FRAGMENT_BASES = 31
"""Bases of the fragments that are compared: two sequences hardly have so many in common by chance."""


def similar_groups(sequences: Sequence[UInt8[np.ndarray, "_W"]], share: float) -> Int64[np.ndarray, "N"]:
    """Groups sequences: those that are alike, and those alike to these, are one group.

    Two are alike where more than `share` of the 31-mers of the shorter one are in the other, on either strand. 31-mers
    with N are left out; a sequence without any is a group of its own, with others that are the same letter by letter.

    Args:
        sequences: Codes of each, without the soft-mask bit.
        share: From 0, which groups all that share one, to 1.

    Returns:
        The group of each, numbered from 0 in the order in which they first appear.
    """
    fragments = _fragments(sequences)
    parents = list(range(len(sequences)))

    def root(member: int) -> int:
        while parents[member] != member:
            parents[member] = parents[parents[member]]
            member = parents[member]
        return member

    for one, others in _alike(fragments, fragments, share, before=True):
        for other in others.tolist():
            parents[root(one)] = root(other)
    short: dict[bytes, int] = {}
    for number, of_sequence in enumerate(fragments):
        if not of_sequence.size:
            parents[root(number)] = root(short.setdefault(sequences[number].tobytes(), number))
    names: dict[int, int] = {}
    return np.array([names.setdefault(root(member), len(names)) for member in range(len(sequences))], np.int64)


def are_similar(
    sequences: Sequence[UInt8[np.ndarray, "_W"]], known: Sequence[UInt8[np.ndarray, "_W"]], share: float
) -> Bool[np.ndarray, "N"]:
    """Tells which sequences are alike to one of some others, as `similar_groups` compares them."""
    found = np.zeros(len(sequences), bool)
    same = {codes.tobytes() for codes in known}
    for number, others in _alike(_fragments(sequences), _fragments(known), share, before=False):
        found[number] = others.size > 0
    return found | np.array([codes.tobytes() in same for codes in sequences], bool)


def _fragments(sequences: Sequence[UInt8[np.ndarray, "_W"]]) -> list[UInt64[np.ndarray, "_F"]]:
    """Returns the hashes of each sequence's 31-mers, each once, in order."""
    hashes = RollingHash(FRAGMENT_BASES, max((codes.size for codes in sequences), default=0) + 1)
    found = []
    for codes in sequences:
        if codes.size < FRAGMENT_BASES:
            found.append(np.zeros(0, np.uint64))
            continue
        known = np.lib.stride_tricks.sliding_window_view(codes < N, FRAGMENT_BASES).all(axis=1)
        found.append(np.unique(hashes(codes)[known]))
    return found


def _alike(
    ones: Sequence[UInt64[np.ndarray, "_F"]],
    others: Sequence[UInt64[np.ndarray, "_F"]],
    share: float,
    *,
    before: bool,
) -> Iterator[tuple[int, Int64[np.ndarray, "_M"]]]:
    """Yields each sequence's number with those of the others that are alike; only others before it, if so."""
    sizes = np.array([each.size for each in others], np.int64)
    owners = np.repeat(np.arange(len(others)), sizes)
    every = np.concatenate(others) if others else np.zeros(0, np.uint64)
    order = np.argsort(every, kind="stable")
    every, owners = every[order], owners[order]
    for number, of_one in enumerate(ones):
        firsts, lasts = (np.searchsorted(every, of_one, side=side) for side in ("left", "right"))
        num_owners = lasts - firsts
        # The places first … last - 1 of each fragment, one after the other.
        places = np.arange(num_owners.sum()) + np.repeat(firsts - (np.cumsum(num_owners) - num_owners), num_owners)
        members, counts = np.unique(owners[places], return_counts=True)
        if before:
            members, counts = members[members < number], counts[members < number]
        yield number, members[counts > share * np.minimum(sizes[members], of_one.size)]
