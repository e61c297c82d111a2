"""Keys of a run's random draws. The generator is named, because JAX's default has changed and may change again."""

import jax
import jax.numpy as jnp


def rows_key(seed: int) -> jax.Array:
    """The key of all draws for rows, such as masks: the row's number is folded into it."""
    return jax.random.key(seed, impl="threefry2x32")


def parameters_key(seed: int) -> jax.Array:
    """The key of a run's initial parameters: no seed's `rows_key` is equal to it, because their upper half is 0."""
    return jax.random.wrap_key_data(jnp.array([1, seed], jnp.uint32), impl="threefry2x32")
