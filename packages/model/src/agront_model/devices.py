"""The devices of this host, and what JAX says when it cannot have them, or their memory, as sentences.

JAX (https://docs.jax.dev) starts its devices when they are first asked for, which is where a wrong JAX_PLATFORMS shows.
"""

import contextlib
import importlib.util
import re
from collections.abc import Iterator

import jax
from jax.extend.backend import clear_backends

_NO_MEMORY = "RESOURCE_EXHAUSTED"
NO_ROOM_FOR_WEIGHTS = "for the weights: end what else computes there (nvidia-smi lists it), or set JAX_PLATFORMS=cpu"
"""For `explaining_memory` of weights."""


def choose_devices(number: int | None = None) -> list[jax.Device]:
    """The first devices of this host, or all where no number is given; starts them, so it is worth an early call.

    Raises:
        ValueError: JAX cannot start the platform that is asked for; there are not so many devices; or several processes
            compute together, which use all they have.
    """
    try:
        devices = jax.local_devices()
    except Exception as error:  # what a platform's library raises, even an AssertionError without words
        raise ValueError(_why_not_started(error)) from error
    if number is None:
        return devices
    if jax.process_count() > 1:
        raise ValueError("--devices is for one process: several use all the devices they have")
    if not 1 <= number <= len(devices):
        raise ValueError(f"--devices is {number}: this machine has {len(devices)} ({devices[0].device_kind})")
    return devices[:number]


@contextlib.contextmanager
def explaining_memory(purpose: str) -> Iterator[None]:
    """Turns JAX's error of missing memory into a sentence.

    Args:
        purpose: what it is too small for, and the remedy, as in "for a batch: give fewer batch_tokens".

    Raises:
        ValueError: the memory of a device is too small.
    """
    try:
        yield
    except jax.errors.JaxRuntimeError as error:
        if _NO_MEMORY not in str(error):
            raise
        raise ValueError(f"the device's memory is too small {purpose}") from error


def _why_not_started(error: Exception) -> str:
    """The platform that was asked for, JAX's reason, and the platforms that there are."""
    asked = jax.config.jax_platforms  # type: ignore[attr-defined]
    # JAX's own advice at the end, JAX_PLATFORMS='', is of no use where a platform was wanted.
    reason = str(error).partition(" (set JAX_PLATFORMS")[0].rstrip(". ") or "its library is not installed"
    if not asked:
        return f"JAX cannot start its devices: {reason}; to compute on the CPU, set JAX_PLATFORMS=cpu"
    found = ", ".join(_platforms_here())
    gpu = "" if importlib.util.find_spec("jax_plugins") else "; GPUs need JAX with CUDA (pip install 'jax[cuda12]')"
    return (
        f"JAX_PLATFORMS is {asked!r}, and JAX cannot start that: {reason}. It can start {found} here: set "
        f"JAX_PLATFORMS to that, or do not set it{gpu if re.search('cuda|gpu', asked) else ''}"
    )


def _platforms_here() -> list[str]:
    """The platforms that JAX starts by itself. What the process does afterwards is as before."""
    asked = jax.config.jax_platforms  # type: ignore[attr-defined]
    try:
        jax.config.update("jax_platforms", None)
        return sorted({"cpu", *(device.platform for device in jax.local_devices())})
    except Exception:  # without the CPU it is of no use either
        return ["cpu"]
    finally:
        jax.config.update("jax_platforms", asked)
        clear_backends()
