"""`Surroundings`: a change, and as much of its contig as windows around it need."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int64, UInt8

from agront_data.variants.allele_change import AlleleChange


class Surroundings(NamedTuple):
    """A piece of a contig around a change.

    Attributes:
        contig: The contig's name.
        bases: Codes of the piece, without the soft-mask bit.
        first: The piece's first base, counted within the contig.
        contig_length: Bases of the contig.
        known: Runs of A, T, C, G around the change, whole, as start and end (half-open) within the contig.
        change: The change; its position is counted within the contig.
    """

    contig: str
    bases: UInt8[np.ndarray, "L"]
    first: int
    contig_length: int
    known: Int64[np.ndarray, "R 2"]
    change: AlleleChange

    @property
    def start(self) -> int:
        """First base that is replaced, counted within `bases`."""
        return self.change.position - self.first
