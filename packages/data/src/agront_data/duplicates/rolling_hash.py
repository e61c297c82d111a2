"""`RollingHash`: a 64-bit hash of every fragment of a sequence, the same for both strands."""

import numpy as np
from jaxtyping import UInt8, UInt64

from agront_data.random_draws import splitmix64

# One number for each code; A and T, C and G are codes that differ in the lowest bit.
_VALUES = splitmix64(np.arange(8, dtype=np.uint64))
# 5 modulo 8: the powers of such a number repeat as late as any modulo 2⁶⁴ can.
_MULTIPLIER = (int(splitmix64(np.array(8, np.uint64))) & ~7) | 5
_MODULUS = 1 << 64


class RollingHash:
    """Hashes of all fragments of `length` consecutive bases, in time that does not depend on `length`.

    The polynomial Σ value(base j) · multiplierʲ modulo 2⁶⁴ (Karp, Rabin: Efficient randomized pattern-matching
    algorithms, 1987) of every fragment follows from one running sum. The smaller of the polynomials of the two strands
    is then mixed by SplitMix64, so that hashes spread evenly and any range of them is a fair sample of all fragments.

    Args:
        length: Bases in a fragment.
        most_bases: The longest sequence that will be hashed at once.
    """

    def __init__(self, length: int, most_bases: int) -> None:
        self._length = length
        self._powers = _powers(_MULTIPLIER, most_bases)
        self._inverse_powers = _powers(pow(_MULTIPLIER, -1, _MODULUS), most_bases)

    def __call__(self, bases: UInt8[np.ndarray, "W"]) -> UInt64[np.ndarray, "F"]:
        """Returns the hash of the fragment that starts at each base, F = W − length + 1, or 0.

        Args:
            bases: Codes 0–7 without the soft-mask bit. N is hashed as a letter of its own.
        """
        num_fragments = max(len(bases) - self._length + 1, 0)
        # The other strand is read from the fragment's end, so its powers fall where those of this strand rise.
        forward = self._sums(_VALUES.take(bases), self._powers)
        forward *= self._inverse_powers[:num_fragments]
        reverse = self._sums(_VALUES.take(bases ^ 1), self._inverse_powers)
        reverse *= self._powers[self._length - 1 :][:num_fragments]
        return splitmix64(np.minimum(forward, reverse, out=forward))

    def _sums(self, values: UInt64[np.ndarray, "W"], powers: UInt64[np.ndarray, "P"]) -> UInt64[np.ndarray, "F"]:
        """Returns Σ value · power over each fragment."""
        values *= powers[: len(values)]
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(values, out=values)])
        return sums[self._length :] - sums[: -self._length]


def _powers(number: int, count: int) -> UInt64[np.ndarray, "{count}"]:
    """Returns number⁰, number¹, … modulo 2⁶⁴."""
    factors = np.full(count, number, np.uint64)
    factors[:1] = 1
    return np.multiply.accumulate(factors)
