"""One function on all devices of this host, and the parameters there: the only module of the package that knows `pmap`.

JAX (https://docs.jax.dev) calls every processor that it computes on a device: a CPU as a whole, each GPU, each TPU
core. Here every device has a copy of the parameters and computes its share of the rows of a batch.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from jaxtyping import Shaped

from agront_model.devices import choose_devices

AXIS = "devices"


def devices_or_all(devices: Sequence[jax.Device] | None) -> tuple[jax.Device, ...]:
    """The devices given, or all of this host.

    Raises:
        ValueError: an empty list, or one device twice.
    """
    chosen = tuple(choose_devices() if devices is None else devices)
    if not chosen:
        raise ValueError("no devices: name at least one of jax.local_devices(), or leave `devices` out for all")
    if len(set(chosen)) < len(chosen):
        raise ValueError(f"a device stands twice in {list(chosen)}")
    return chosen


class DeviceFunction:
    """A function of (parameters, arrays) whose rows are shared out over devices.

    The parameters go to the devices once, here. Where they lie on one of them already they are not copied there: a 1B
    model's are 4 GB.

    Attributes:
        num_devices: devices that take part.
    """

    def __init__(self, function: Callable[..., Any], params: Any, devices: Sequence[jax.Device]):
        self.num_devices = len(devices)
        self._params = jax.device_put(params, NamedSharding(Mesh(np.asarray(devices), (AXIS,)), PartitionSpec()))
        self._mapped = jax.pmap(function, axis_name=AXIS, in_axes=(None, 0), devices=devices)
        self._shapes: set[tuple[tuple[int, ...], ...]] = set()

    @property
    def num_compilations(self) -> int:
        """Programs compiled so far: JAX compiles once for each combination of array shapes."""
        return len(self._shapes)

    def __call__(self, *arrays: Shaped[np.ndarray, "rows ..."]) -> jax.Array:
        """Starts the computation, and does not wait for its end.

        Args:
            arrays: host arrays of equally many rows, a multiple of the number of devices. For one shape, always of one
                dtype.

        Returns:
            What the function gives, [devices, rows / devices, ...], soon on its way to the host (`rows_of`).
        """
        self._shapes.add(tuple(array.shape for array in arrays))
        shares = tuple(array.reshape(self.num_devices, -1, *array.shape[1:]) for array in arrays)
        result = self._mapped(self._params, shares)
        result.copy_to_host_async()
        return result


def rows_of(result: Shaped[jax.Array, "devices rows_each ..."]) -> Shaped[np.ndarray, "rows ..."]:
    """The result of a `DeviceFunction` on the host, in the order of the rows given; waits until it is there."""
    host = np.asarray(result)
    return host.reshape(-1, *host.shape[2:])
