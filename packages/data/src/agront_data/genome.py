"""`Genome`: what a store knows of one species or assembly beside its bases."""

import dataclasses
import functools
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


@dataclasses.dataclass(frozen=True, kw_only=True)
class Genome:
    """One genome of a store.

    Attributes:
        name: Of the species or assembly.
        contigs: In file order.
        counts: Number of bases of each kind.
        fingerprint: sha256 over contig names, lengths and codes.
    """

    name: str
    contigs: tuple[Contig, ...] = dataclasses.field(repr=False)
    counts: BaseCounts
    fingerprint: str

    @property
    def length(self) -> int:
        """Number of bases in all contigs."""
        return sum(self.counts[:5])

    @functools.cached_property
    def contig_starts(self) -> Int64[np.ndarray, "C"]:
        """Start of each contig in the genome's array."""
        return np.array([contig.start for contig in self.contigs], np.int64)

    def to_json(self) -> dict[str, Any]:
        """Returns the genome's entry in `store.json`; the starts follow from the lengths."""
        return {
            "name": self.name,
            "fingerprint": self.fingerprint,
            "counts": self.counts._asdict(),
            "contigs": {"names": [c.name for c in self.contigs], "lengths": [c.length for c in self.contigs]},
        }

    @classmethod
    def from_json(cls, entry: dict[str, Any]) -> "Genome":
        """Inverts `to_json`."""
        names, lengths = entry["contigs"]["names"], entry["contigs"]["lengths"]
        starts = np.cumsum([0, *lengths])[:-1].tolist()
        contigs = tuple(map(Contig, names, starts, lengths))
        counts = BaseCounts(**entry["counts"])
        return cls(name=entry["name"], contigs=contigs, counts=counts, fingerprint=entry["fingerprint"])
