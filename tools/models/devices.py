"""The devices of this machine that a tool uses."""

import jax


def choose_devices(number: int | None) -> list[jax.Device]:
    """The first devices of this machine, or all where no number is given.

    Raises:
        ValueError: there are not so many, or several processes compute together, which use all they have.
    """
    devices = jax.local_devices()
    if number is None:
        return devices
    if jax.process_count() > 1:
        raise ValueError("--devices is for one process: several use all the devices they have")
    if not 1 <= number <= len(devices):
        raise ValueError(f"--devices is {number}: this machine has {len(devices)} ({devices[0].device_kind})")
    return devices[:number]
