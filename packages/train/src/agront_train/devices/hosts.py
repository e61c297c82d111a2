"""Several processes, one a host, that run the same program: work of the first for all, and messages between them.

Only the first touches the run folder, so that hosts need no common disk. All must call these in the same order.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import jax
import numpy as np
import orbax.checkpoint as ocp
from jax.experimental import multihost_utils
from jaxtyping import Shaped

from agront_train.run_folder import RunIdentity

T = TypeVar("T")

# How long one process may keep the others waiting, as with a large checkpoint to read. One that dies is noticed sooner.
PATIENCE_SECONDS = 3600


def is_first() -> bool:
    """True in the process that reads and writes the run folder, and prints."""
    return jax.process_index() == 0


def wait_for_all() -> None:
    """Return when all processes have come here.

    By the service that joined them and not by their devices, some of whose networks (Gloo) give up after 30 s: to be
    called where one process may have been kept busy, before the devices next exchange something.
    """
    ocp.multihost.get_barrier_sync_fn()(key="agront-hosts", timeout_ms=1000 * PATIENCE_SECONDS)


def tell_all(value: Any) -> Any:
    """The first process's value, in all processes; what the others give is not looked at. JSON-able."""
    if jax.process_count() == 1:
        return value
    wait_for_all()
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


def all_gather(array: Shaped[np.ndarray, "..."]) -> Shaped[np.ndarray, "hosts ..."]:
    """The arrays of all processes, in all of them, in the order of the processes."""
    if jax.process_count() == 1:
        return array[None]
    return np.asarray(multihost_utils.process_allgather(array))


def check_same_on_all(settings: Mapping[str, Any]) -> None:
    """Refuse to continue where a process has other settings than the first.

    Raises:
        ValueError: in all processes; in those that differ it names each setting with both values.
    """
    if jax.process_count() == 1:
        return
    differing = RunIdentity(settings).differences(tell_all(dict(settings)))
    if all_gather(np.array(bool(differing))).any():
        raise ValueError(
            f"the processes have different settings; the first there, this one now:{differing or ' none in this one'}"
        )
