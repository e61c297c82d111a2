"""Several processes, one a host, that run the same program: what the first does for all, and what it tells them.

Only the first touches the run folder, so that hosts need no common disk. All must come by here in the same order.
"""

import json
from collections.abc import Callable
from typing import Any, TypeVar

import jax
import numpy as np
from jax.experimental import multihost_utils

T = TypeVar("T")


def is_first() -> bool:
    """Whether this process is the one that reads and writes the run folder, and speaks."""
    return jax.process_index() == 0


def tell_all(value: Any) -> Any:
    """The first process's value, in all processes; what the others give is not looked at. JSON-able."""
    if jax.process_count() == 1:
        return value
    data = np.frombuffer(json.dumps(value).encode(), np.uint8) if is_first() else np.zeros(0, np.uint8)
    size = int(multihost_utils.broadcast_one_to_all(np.int32(data.size)))
    padded = np.zeros(size, np.uint8)
    padded[: data.size] = data
    return json.loads(np.asarray(multihost_utils.broadcast_one_to_all(padded)).tobytes())


def on_first(function: Callable[[], T]) -> T | None:
    """Calls a function in the first process and returns what it returns; None in all others, which wait for its end.

    Raises:
        ValueError: in the other processes, where the function raised something in the first.
    """
    if jax.process_count() == 1:
        return function()
    error, value = None, None
    if is_first():
        try:
            value = function()
        except Exception as raised:
            error = raised
    message = tell_all(None if error is None else f"{type(error).__name__}: {error}")
    if error is not None:
        raise error
    if message is not None:
        raise ValueError(f"the first process ended: {message}")
    return value
