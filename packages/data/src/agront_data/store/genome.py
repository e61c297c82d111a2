"""`Genome`: what a store knows of one species or assembly beside its bases."""

import dataclasses
import functools
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int64


class Contig(NamedTuple):
    """A contig's place in its genome's array.

    Attributes:
        name: As in the FASTA header.
        start: Its first base in the array; contigs lie end to end in file order.
        length: Number of bases.
    """

    name: str
    start: int
    length: int


class BaseCounts(NamedTuple):
    """Number of bases of each kind.

    Attributes:
        A: Adenine.
        T: Thymine.
        C: Cytosine.
        G: Guanine.
        N: N and all other IUPAC letters.
        soft_masked: Lower-case letters, which are counted in their letter as well.
    """

    A: int
    T: int
    C: int
    G: int
    N: int
    soft_masked: int

    @classmethod
    def sum_of(cls, counts: Iterable["BaseCounts"]) -> "BaseCounts":
        """Adds up the counts of one or several sequences."""
        return cls(*map(sum, zip(*counts, strict=True)))

    @property
    def length(self) -> int:
        """Number of bases of all kinds."""
        return self.A + self.T + self.C + self.G + self.N

    @property
    def gc(self) -> float:
        """Share of G and C among A, T, C and G; 0 where there is none of them."""
        return (self.G + self.C) / max(1, self.length - self.N)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Genome:
    """One genome of a store.

    Attributes:
        name: Of the species or assembly.
        contigs: In file order.
        contig_counts: Number of bases of each kind in each contig.
        fingerprint: sha256 over contig names, lengths and codes.
    """

    name: str
    contigs: tuple[Contig, ...] = dataclasses.field(repr=False)
    contig_counts: tuple[BaseCounts, ...] = dataclasses.field(repr=False)
    fingerprint: str

    @functools.cached_property
    def counts(self) -> BaseCounts:
        """Number of bases of each kind in all contigs."""
        return BaseCounts.sum_of(self.contig_counts)

    @property
    def length(self) -> int:
        """Number of bases in all contigs."""
        return self.counts.length

    @functools.cached_property
    def contig_starts(self) -> Int64[np.ndarray, "C"]:
        """Start of each contig in the genome's array."""
        return np.array([contig.start for contig in self.contigs], np.int64)

    def to_json(self) -> dict[str, Any]:
        """Returns the genome's entry in `store.json`, column by column; starts follow from the lengths."""
        counts = np.array(self.contig_counts, np.int64).reshape(-1, len(BaseCounts._fields)).T.tolist()
        return {
            "name": self.name,
            "fingerprint": self.fingerprint,
            "contigs": {
                "names": [contig.name for contig in self.contigs],
                **dict(zip(BaseCounts._fields, counts, strict=True)),
            },
        }

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Genome":
        """Inverts `to_json`."""
        columns = [entry["contigs"][field] for field in BaseCounts._fields]
        counts = tuple(map(BaseCounts, *columns))
        lengths = [each.length for each in counts]
        starts = np.cumsum([0, *lengths])[:-1].tolist()
        contigs = tuple(map(Contig, entry["contigs"]["names"], starts, lengths))
        return cls(name=entry["name"], contigs=contigs, contig_counts=counts, fingerprint=entry["fingerprint"])
