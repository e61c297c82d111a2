"""Soft-masked bases, counted in blocks while a genome is written, so that repeats can be passed over unread."""

from array import array
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Int64, UInt16

BLOCK_BASES = 1024
"""Bases in a block; 63 Gbp are 62 million blocks, 120 MB."""


class SoftMaskCounter:
    """Counts the soft-masked bases of each block of a genome that comes in pieces of any size."""

    def __init__(self) -> None:
        self._counts = array("H")
        self._length = 0
        self._in_last_block = 0

    def append(self, soft_masked: Bool[np.ndarray, "W"]) -> None:
        """Takes the next bases."""
        missing = -self._length % BLOCK_BASES  # 0 at the beginning of a block
        self._length += soft_masked.size
        if missing > soft_masked.size:
            self._in_last_block += int(np.count_nonzero(soft_masked))
            return
        if missing:
            self._counts.append(self._in_last_block + int(np.count_nonzero(soft_masked[:missing])))
        whole = (soft_masked.size - missing) // BLOCK_BASES * BLOCK_BASES + missing
        blocks = np.count_nonzero(soft_masked[missing:whole].reshape(-1, BLOCK_BASES), axis=1)
        self._counts.frombytes(blocks.astype(np.uint16).tobytes())
        self._in_last_block = int(np.count_nonzero(soft_masked[whole:]))

    def counts(self) -> UInt16[np.ndarray, "K"]:
        """Returns the number of soft-masked bases in each block, the last one possibly shorter."""
        counts = np.array(self._counts, np.uint16)
        return counts if self._length % BLOCK_BASES == 0 else np.append(counts, np.uint16(self._in_last_block))


class SoftMask(NamedTuple):
    """Soft-masked bases below any position of a corpus: exact at block borders, in proportion between them.

    Attributes:
        genome_start: Where each genome starts in corpus coordinates, and where the last one ends.
        first_block: Number of the first block of each genome, over all genomes.
        before: Number of soft-masked bases in all blocks before each block, and in all of them at the end.
    """

    genome_start: Int64[np.ndarray, "G_plus_1"]
    first_block: Int64[np.ndarray, "G"]
    before: Int64[np.ndarray, "K+1"]

    @classmethod
    def from_counts(
        cls, counts: list[UInt16[np.ndarray, "_"]], genome_start: Int64[np.ndarray, "G_plus_1"]
    ) -> "SoftMask":
        """Makes the table from the counts of each genome's blocks."""
        first_block = np.cumsum([0, *(len(each) for each in counts)])[:-1]
        return cls(genome_start, first_block, np.concatenate([[0], np.cumsum(np.concatenate(counts), dtype=np.int64)]))

    def count_in(self, start: Int64[np.ndarray, "B"], end: Int64[np.ndarray, "B"]) -> Float64[np.ndarray, "B"]:
        """Returns about how many soft-masked bases lie in intervals, each within one genome, in corpus coordinates."""
        genome = np.searchsorted(self.genome_start, start, side="right") - 1
        return self._count_below(genome, end) - self._count_below(genome, start)

    def _count_below(
        self, genome: Int64[np.ndarray, "B"], position: Int64[np.ndarray, "B"]
    ) -> Float64[np.ndarray, "B"]:
        block, place = np.divmod(position - self.genome_start[genome], BLOCK_BASES)
        # The last block of a genome may be shorter; at the genome's very end there is none.
        size = np.minimum(self.genome_start[genome + 1] - position + place, BLOCK_BASES)
        block += self.first_block[genome]
        in_block = self.before[np.minimum(block + 1, len(self.before) - 1)] - self.before[block]
        return self.before[block] + in_block * (place / np.maximum(size, 1))
