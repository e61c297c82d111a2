"""`BaseSums`: probabilities of bases, from tiles to the mean over strands and frames."""

import numpy as np
from jaxtyping import Float, Float32, Float64, Int64

from agront_data.bases import A, C, G, T
from agront_data.variants.strand_tiles import StrandTile

_PARTNERS = [T, A, G, C]  # of the codes 0-3
_ACGT = [A, C, G, T]


class BaseSums:
    """Adds up what tiles say of some bases of a contig.

    Attributes:
        sums: Of probabilities, for each base and each of the codes A, T, C, G.
        counts: How many pairs of strand and frame they are of.
    """

    sums: Float64[np.ndarray, "L 4"]
    counts: Int64[np.ndarray, "L"]

    def __init__(self, start: int, end: int):
        """Begins with nothing.

        Args:
            start: The first base, counted within the contig.
            end: The base behind the last one.
        """
        self._start = start
        self.sums = np.zeros((end - start, 4))
        self.counts = np.zeros(end - start, np.int64)

    def add(self, tile: StrandTile, probabilities: Float[np.ndarray, "tokens k 4"]) -> None:
        """Adds what a tile says, of its own tokens.

        Args:
            tile: One of `strand_tiles`.
            probabilities: Of each base of each of its tokens, such as `agront_model.inference.BaseLikelihoods` gives.
        """
        own = probabilities[tile.own_start : tile.own_end].reshape(-1, 4)
        if tile.strand == "-":
            own = own[::-1, _PARTNERS]
        start = tile.start - self._start  # the first and the last token may stand out
        own = own[max(0, -start) :][: max(0, len(self.counts) - max(0, start))]
        here = slice(max(0, start), max(0, start) + len(own))
        self.sums[here] += own
        self.counts[here] += 1

    def means(self) -> Float64[np.ndarray, "L 4"]:
        """Returns the mean for A, C, G, T, in this order; NaN for a base that no token covers."""
        means = self.sums[:, _ACGT] / np.maximum(self.counts, 1)[:, None]
        means[self.counts == 0] = np.nan
        return means

    def log_means(self) -> Float32[np.ndarray, "L 4"]:
        """Returns the natural logarithm of `means`."""
        return np.log(np.maximum(self.means(), np.finfo(np.float32).tiny)).astype(np.float32)
