"""`LabelledSequences`: sequences with labels, of a table, of FASTA files, or of places in a genome."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt8


@dataclasses.dataclass(frozen=True)
class LabelledSequences:
    """Sequences with labels; all are held in memory.

    Attributes:
        ids: Names, which need not be unique.
        sources: File and row of each, for messages.
        codes: Bases of each, without the soft-mask bit.
        label_names: Of the label columns.
        labels: Of each sequence, as text: one for each name.
        groups: Contig of each, where it is known; else empty.
        parts: What the column of parts says of each; else empty.
    """

    ids: tuple[str, ...]
    sources: tuple[str, ...]
    codes: tuple[UInt8[np.ndarray, "_W"], ...]
    label_names: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    groups: tuple[str, ...]
    parts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)

    def some(self, members: Sequence[int]) -> "LabelledSequences":
        """Returns some of them, in the order of `members`."""
        columns = {name: getattr(self, name) for name in ("ids", "sources", "codes", "labels", "groups", "parts")}
        chosen = {name: tuple(column[member] for member in members) for name, column in columns.items() if column}
        return dataclasses.replace(self, **chosen)
