"""Names in messages: one that no genome has is misspelt, and said with what it may stand for."""

import difflib
from collections.abc import Collection, Iterable, Sequence

_MANY = 8


def unknown_names(names: Iterable[str], known: Collection[str]) -> str:
    """Lists the names that are not known, each with those closest to it; empty if all are.

    Args:
        names: Names of genomes, as a setting gives them.
        known: Names of the genomes that there are.
    """
    return ", ".join(f"{name!r}{_closest(name, known)}" for name in names if name not in known)


def first_names(names: Sequence[str], joint: str = ", ") -> str:
    """Lists the first few names, and how many more there are.

    Args:
        names: All names.
        joint: What stands between two.
    """
    more = [f"{len(names) - _MANY:,} more"] if len(names) > _MANY else []
    return joint.join([*names[:_MANY], *more])


def _closest(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name, known)
    return f" (meant: {' or '.join(close)}?)" if close else ""
