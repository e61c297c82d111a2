"""Adam with linear warm-up and decay with the square root of the step, in optax."""

import jax
import jax.numpy as jnp
import optax
from jax.typing import ArrayLike

from agront_train.config import OptimizerConfig
from agront_train.interfaces import Params


def learning_rate_schedule(config: OptimizerConfig) -> optax.Schedule:
    """Learning rate of an update, numbered from 0: linear to the peak, then peak x sqrt(warmup_steps / update)."""

    def inverse_square_root(updates_after_warmup: ArrayLike) -> jax.Array:
        update = config.warmup_steps + jnp.maximum(updates_after_warmup, 0)  # optax asks before the warm-up's end too
        return config.peak_learning_rate * jnp.sqrt(config.warmup_steps / update)

    warmup = optax.linear_schedule(config.initial_learning_rate, config.peak_learning_rate, config.warmup_steps)
    return optax.join_schedules([warmup, inverse_square_root], [config.warmup_steps])


def make_optimizer(config: OptimizerConfig) -> optax.GradientTransformation:
    """Adam, decoupled weight decay where asked for, and the schedule: each element by itself.

    Clipping, which needs the norm over all, is done in the step: so this works on a device's share of the elements too.
    """
    decay = [] if config.weight_decay == 0 else [optax.add_decayed_weights(config.weight_decay, _is_matrix)]
    return optax.chain(
        optax.scale_by_adam(b1=config.b1, b2=config.b2, eps=config.eps),
        *decay,
        optax.scale_by_learning_rate(learning_rate_schedule(config)),
    )


def _is_matrix(params: Params) -> Params:
    """True for Haiku's weights and embeddings. By name: in a layer stack biases and scales have two axes as well."""

    def decays(path: tuple[jax.tree_util.KeyEntry, ...], _: jax.Array) -> bool:
        name = path[-1].key if isinstance(path[-1], jax.tree_util.DictKey) else None
        return name in ("w", "embeddings")

    mask = jax.tree_util.tree_map_with_path(decays, params)
    if not any(jax.tree.leaves(mask)):
        raise ValueError('weight_decay finds nothing to decay: it looks for parameters named "w" or "embeddings"')
    return mask
