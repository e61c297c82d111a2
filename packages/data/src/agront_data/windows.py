"""`Windows`: how sequence is cut into windows; `Intervals` and `Origin`: where windows lie."""

import dataclasses
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int64


@dataclasses.dataclass(frozen=True, kw_only=True)
class Windows:
    """How stretches of sequence are cut into windows.

    Attributes:
        length: Bases in a window; 6,138 is 1,023 6-mers, with `<cls>` a context of 1,024 tokens.
        overlap: Bases that a window shares with the next.
        random_start: Largest shift to the right drawn for a training window, in bases. 0 for none; by default
            length − overlap − 1, with which every start position comes up.
        max_n_fraction: Windows with a larger share of N are skipped. Each N is a token of its own, so a row with much N
            is cut at the right: at 0.5 one may hold nothing but N. Small values lose less.
        short: Whether a training stretch shorter than a window becomes one window padded at the right, or is skipped.
    """

    length: int = 6138
    overlap: int = 0
    random_start: int | None = None
    max_n_fraction: float = 0.5
    short: Literal["pad", "skip"] = "pad"

    def __post_init__(self) -> None:
        if self.length < 1:
            raise ValueError(f"length is {self.length}; a window needs at least one base")
        if not 0 <= self.overlap < self.length:
            raise ValueError(f"overlap is {self.overlap}; it must be 0 to {self.length - 1}, less than the length")
        if self.random_start is not None and self.random_start < 0:
            raise ValueError(f"random_start is {self.random_start}; it is a number of bases, 0 for none")
        if not 0 <= self.max_n_fraction <= 1:
            raise ValueError(f"max_n_fraction is {self.max_n_fraction}; it must be 0 to 1")
        if self.short not in ("pad", "skip"):
            raise ValueError(f"short is {self.short!r}; it must be 'pad' or 'skip'")

    @property
    def stride(self) -> int:
        """Bases from the start of one window to that of the next."""
        return self.length - self.overlap

    @property
    def largest_shift(self) -> int:
        """`random_start` with its default filled in."""
        return self.stride - 1 if self.random_start is None else self.random_start


class Intervals(NamedTuple):
    """Windows of a store.

    Attributes:
        genome: Index into the store's genomes.
        start: First base, in the genome's array.
        length: Number of bases.
    """

    genome: Int64[np.ndarray, "B"]
    start: Int64[np.ndarray, "B"]
    length: Int64[np.ndarray, "B"]


class Origin(NamedTuple):
    """Where a row's bases come from.

    Attributes:
        species: Name of the genome.
        contig: Name of the contig.
        start: First base in the contig, counted from 0.
        end: Base after the last.
        strand: `-` where the row is the reverse complement of that interval.
    """

    species: str
    contig: str
    start: int
    end: int
    strand: Literal["+", "-"]
