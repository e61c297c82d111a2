"""Numbers of weights that are not finite, found as they are read: one of them spoils every result without an error."""

import numpy as np
from jaxtyping import Shaped

# Numbers that are looked at once: the marks of a whole tensor would be a quarter of its memory.
_BLOCK = 1 << 18


def check_finite(values: Shaped[np.ndarray, "..."], name: str) -> None:
    """Refuses a tensor that holds NaN or an infinity.

    Args:
        values: the tensor, of any format of floating-point numbers.
        name: of the file and the tensor, for the message.

    Raises:
        ValueError: says how many numbers are not finite, and of how many.
    """
    flat = values.ravel(order="K")  # in the order of the memory: no copy
    blocks = (flat[start : start + _BLOCK] for start in range(0, flat.size, _BLOCK))
    if bad := sum(block.size - int(np.count_nonzero(np.isfinite(block))) for block in blocks):
        raise ValueError(
            f"{name}: {bad:,} of {values.size:,} numbers are not finite (NaN or infinite), and would spoil every "
            "result; fetch the file again if it was damaged on the way, else take weights from before training failed"
        )
