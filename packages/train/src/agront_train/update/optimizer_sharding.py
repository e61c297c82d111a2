"""Adam's moments cut into one share a device (ZeRO-1: Rajbhandari et al., arXiv 1910.02054, stage 1).

Each leaf is flattened, padded to a multiple of the N devices and cut into N shares of c elements. A device receives the
summed gradient of its share only, moves that share of the parameters, and all devices collect the shares again. All
functions but `join` and `map_moments` run inside a mapped axis.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Float, Shaped


def own_share(leaf: Shaped[jax.Array, "..."], axis_name: str) -> Shaped[jax.Array, "c"]:
    """This device's share of a leaf that it holds whole."""
    padded = _pad(leaf, jax.lax.axis_size(axis_name))
    size = padded.size // jax.lax.axis_size(axis_name)
    return jax.lax.dynamic_slice_in_dim(padded, jax.lax.axis_index(axis_name) * size, size)


def sum_own_share(leaf: Float[jax.Array, "..."], axis_name: str) -> Float[jax.Array, "c"]:
    """This device's share of the sum of a leaf over all devices."""
    return jax.lax.psum_scatter(_pad(leaf, jax.lax.axis_size(axis_name)), axis_name, tiled=True)


def collect(share: Shaped[jax.Array, "c"], like: jax.Array, axis_name: str) -> Shaped[jax.Array, "..."]:
    """The whole leaf, of the shape of `like`, from the shares of all devices."""
    return jax.lax.all_gather(share, axis_name, tiled=True)[: like.size].reshape(like.shape)


def join(shares: Shaped[np.ndarray, "N c"], shape: tuple[int, ...]) -> Shaped[np.ndarray, "..."]:
    """The whole leaf from all shares, on the host."""
    return shares.reshape(-1)[: int(np.prod(shape))].reshape(shape)


def map_moments(function: Callable[[Any], Any], others: Callable[[Any], Any], opt_state: optax.OptState) -> Any:
    """An optimizer state with `function` applied to each of Adam's trees of moments, `others` to all other leaves."""

    def is_adam(state: Any) -> bool:
        return isinstance(state, optax.ScaleByAdamState)

    def apply(state: Any) -> Any:
        if is_adam(state):
            return state._replace(count=others(state.count), mu=function(state.mu), nu=function(state.nu))
        return others(state)

    return jax.tree.map(apply, opt_state, is_leaf=is_adam)


def _pad(leaf: Shaped[jax.Array, "..."], num_devices: int) -> Shaped[jax.Array, "n"]:
    return jnp.pad(leaf.reshape(-1), (0, -leaf.size % num_devices))
