"""The state of a run: counts, parameters, and the optimizer's moments."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Int32

from agront_train.config import TrainConfig
from agront_train.interfaces import Params, Task
from agront_train.random_keys import parameters_key
from agront_train.update.optimizer import make_optimizer
from agront_train.update.optimizer_sharding import own_share


class TrainState(NamedTuple):
    """The state between two updates. An update changes all of it but `frozen`."""

    step: Int32[jax.Array, ""]
    """Updates so far, skipped ones included."""
    skipped: Int32[jax.Array, ""]
    """Number of those that were skipped, because loss or gradient was not finite: they changed no parameter."""
    skipped_in_a_row: Int32[jax.Array, ""]
    """Number of consecutive skipped updates up to now; 0 if the last update was applied."""
    params: Params
    """The trained parameters, float32."""
    opt_state: optax.OptState
    """Adam's moments and counts, of the trained parameters."""
    frozen: Params = ()
    """Parameters that the task needs and no update changes: no gradient, no moments, and not in checkpoints."""


def first_state(params: Params, config: TrainConfig, *, axis_name: str | None = None) -> TrainState:
    """The state of a run that begins with these trained parameters."""
    zero = jnp.zeros((), jnp.int32)
    moved = params
    if config.shard_optimizer and axis_name is not None:
        moved = jax.tree.map(partial(own_share, axis_name=axis_name), params)
    return TrainState(zero, zero, zero, params, make_optimizer(config.optimizer).init(moved))


def init_params(task: Task, config: TrainConfig) -> Params:
    """Random parameters of a task, by the run's seed."""
    return task.init(parameters_key(config.seed))


def init_state(task: Task, config: TrainConfig) -> TrainState:
    """The state before the first update, on one device, with the whole of Adam's moments."""
    return jax.jit(lambda: first_state(init_params(task, config), config))()
