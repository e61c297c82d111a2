"""Numbers of weights that are not finite, found as they are read: one of them spoils every result without an error."""

import numpy as np
from jaxtyping import Shaped

# Numbers that are looked at once: what is made of them stays in the processor's cache.
_BLOCK = 1 << 16


def check_finite(values: Shaped[np.ndarray, "..."], name: str) -> None:
    """Refuses a tensor that holds NaN or an infinity.

    Args:
        values: the tensor, of any format of floating-point numbers.
        name: of the file and the tensor, for the message.

    Raises:
        ValueError: says how many numbers are not finite, and of how many.
    """
    # By their bits, several times as fast as np.isfinite: the exponent's are all set in infinities and NaN only.
    bits = values.ravel(order="K").view(f"u{values.itemsize}")  # in the order of the memory: no copy
    infinity = np.array(np.inf, values.dtype).view(bits.dtype)
    blocks = (bits[start : start + _BLOCK] for start in range(0, bits.size, _BLOCK))
    if bad := sum(int(np.count_nonzero((block & infinity) == infinity)) for block in blocks):
        raise ValueError(
            f"{name}: {bad:,} of {values.size:,} numbers are not finite (NaN or infinite), and would spoil every "
            "result; fetch the file again if it was damaged on the way, else take weights from before training failed"
        )
