"""`Windows` and `CHUNK_SCHEMES`: how sequence is cut into windows; `Intervals` and `Origin`: where windows lie."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int64


@dataclasses.dataclass(frozen=True, kw_only=True)
class Windows:
    """How stretches of sequence are cut into windows.

    Attributes:
        length: Bases in a window; 6,138 is 1,023 6-mers, with `<cls>` a context of 1,024 tokens.
        overlap: Bases that a window shares with the next. Below 0 it is a gap between them, which must not be longer
            than `random_start`, so that its bases come up too.
        random_start: Largest shift to the right drawn for a training window, in bases. 0 for none; by default
            length − overlap − 1, with which every start position comes up.
        max_n_fraction: Windows with a larger share of N are skipped. Each N is a token of its own, so a row with much N
            is cut at the right: at 0.5 one may hold nothing but N. Small values lose less.
        max_soft_masked_fraction: Training windows with a larger share of soft-masked bases are skipped, held-out ones
            are not, so that runs compare. The share is exact for whole blocks of 1,024 bases and in proportion within
            one. 1 skips none.
        short: Whether a training stretch shorter than a window becomes one window padded at the right, or is skipped.
    """

    length: int = 6138
    overlap: int = 0
    random_start: int | None = None
    max_n_fraction: float = 0.5
    max_soft_masked_fraction: float = 1.0
    short: Literal["pad", "skip"] = "pad"

    def __post_init__(self) -> None:
        if self.length < 1:
            raise ValueError(f"`length` is {self.length}; a window needs at least one base")
        if self.overlap >= self.length:
            raise ValueError(f"`overlap` is {self.overlap}; it must be at most {self.length - 1}, less than `length`")
        if self.random_start is not None and self.random_start < 0:
            raise ValueError(f"random_start is {self.random_start}; it is a number of bases, 0 for none")
        if -self.overlap > self.largest_shift:
            raise ValueError(
                f"`overlap` is {self.overlap}, a gap that a random_start of {self.largest_shift} does not cover: its "
                f"bases would never come up; give a random_start of {-self.overlap} or more"
            )
        if not 0 <= self.max_n_fraction <= 1:
            raise ValueError(f"max_n_fraction is {self.max_n_fraction}; it must be 0 to 1")
        if not 0 <= self.max_soft_masked_fraction <= 1:
            raise ValueError(f"max_soft_masked_fraction is {self.max_soft_masked_fraction}; it must be 0 to 1")
        if self.short not in ("pad", "skip"):
            raise ValueError(f"`short` is {self.short!r}; it must be pad or skip")

    @property
    def stride(self) -> int:
        """Bases from the start of one window to that of the next."""
        return self.length - self.overlap

    @property
    def largest_shift(self) -> int:
        """`random_start` with its default filled in."""
        return self.stride - 1 if self.random_start is None else self.random_start


CHUNK_SCHEMES: Mapping[str, Windows] = MappingProxyType(
    {
        "agront-6138": Windows(),
        "paper-6100": Windows(length=6100, random_start=0),
        "released-6200": Windows(length=6000, overlap=-100, random_start=200),
    }
)
"""Known ways to cut a corpus for AgroNT, by name.

- `agront-6138`: 1,023 6-mers, with `<cls>` the 1,024 tokens of the context; starts anywhere.
- `paper-6100`: the paper's chunks of 6,100 bp, side by side; 1,021 tokens, as four bases are left over.
- `released-6200`: the released corpus's chunks of 6,200 bp, one each 6,100 as they share 100 with each neighbour; of a
  chunk 6,000 are used, from a start drawn in its first 200; 1,001 tokens.
"""


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
