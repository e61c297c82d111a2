"""One update: a pure function of state and batch. `devices.replication` maps it over devices."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Float32, Int32

from agront_train.config import TrainConfig
from agront_train.interfaces import LossSum, Params, Task
from agront_train.update.gradient import make_gradient
from agront_train.update.optimizer import learning_rate_schedule, make_optimizer
from agront_train.update.optimizer_sharding import collect, own_share, sum_own_share
from agront_train.update.state import TrainState


class StepMetrics(NamedTuple):
    """The numbers of one update; the same on every device."""

    loss: Float32[jax.Array, ""]
    """Mean loss of the global batch, weighted; of a cross-entropy in nats a predicted token."""
    grad_norm: Float32[jax.Array, ""]
    """Global norm of the gradient of that mean, before clipping."""
    learning_rate: Float32[jax.Array, ""]
    """The rate this update was made with."""
    skipped_in_a_row: Int32[jax.Array, ""]
    """Number of consecutive skipped updates, this one included; 0 if this update was applied."""


TrainStep = Callable[[TrainState, Any], tuple[TrainState, StepMetrics]]
"""A function of state and batch."""


def make_train_step(task: Task, config: TrainConfig, *, axis_name: str | None = None) -> TrainStep:
    """The update as a function of (state, batch); each leaf of the batch is [A, b, …] for A micro-batches of b rows.

    An update whose loss or gradient is not finite changes nothing but the counts.

    Args:
        task: gives the loss.
        config: optimizer and seed are read here, and whether the optimizer is sharded over `axis_name`.
        axis_name: the mapped axis of devices over which sums are taken; None is one device.
    """
    gradient, apply = make_gradient(task, config), _make_apply(config)
    schedule, clip_norm = learning_rate_schedule(config.optimizer), config.optimizer.clip_norm
    shard_axis = axis_name if config.shard_optimizer else None

    def step(state: TrainState, batch: Any) -> tuple[TrainState, StepMetrics]:
        grads, total = gradient(state.params, state.frozen, jax.tree.map(jnp.asarray, batch))
        params, grads, total = _sum_over_devices(state.params, grads, total, axis_name, shard_axis)
        # A batch of nothing but N has loss 0, not NaN; summed weights below 1 are a count like any other.
        count = jnp.where(total.weight > 0, total.weight, 1)
        grads = jax.tree.map(lambda grad: grad / count, grads)
        squares = sum(jnp.square(grad).sum() for grad in jax.tree.leaves(grads))
        grad_norm = jnp.sqrt(squares if shard_axis is None else jax.lax.psum(squares, shard_axis))
        if clip_norm is not None:
            scale = jnp.where(grad_norm < clip_norm, 1, clip_norm / grad_norm)
            grads = jax.tree.map(lambda grad: grad * scale, grads)

        finite = jnp.isfinite(total.loss) & jnp.isfinite(grad_norm)
        moved, opt_state = apply(finite, params, state.opt_state, grads)
        if shard_axis is not None:
            moved = jax.tree.map(partial(collect, axis_name=shard_axis), moved, state.params)
        in_a_row = jnp.where(finite, 0, state.skipped_in_a_row + 1)
        skipped = state.skipped + jnp.where(finite, 0, 1)
        # The optimizer's own schedule counts the updates it made, so not the skipped ones.
        learning_rate = jnp.asarray(schedule(state.step - state.skipped))
        metrics = StepMetrics(total.loss / count, grad_norm, learning_rate, in_a_row)
        return TrainState(state.step + 1, skipped, in_a_row, moved, opt_state, state.frozen), metrics

    return step


def _sum_over_devices(
    params: Params, grads: Params, total: LossSum, axis_name: str | None, shard_axis: str | None
) -> tuple[Params, Params, LossSum]:
    """Parameters, and sums over all devices; with a sharded optimizer, this device's shares of both trees."""
    if axis_name is not None:
        total = jax.lax.psum(total, axis_name)
    if shard_axis is not None:
        grads = jax.tree.map(partial(sum_own_share, axis_name=shard_axis), grads)
        params = jax.tree.map(partial(own_share, axis_name=shard_axis), params)
    elif axis_name is not None:
        grads = jax.lax.psum(grads, axis_name)
    return params, grads, total


def _make_apply(config: TrainConfig) -> Callable[..., tuple[Params, optax.OptState]]:
    """A function of (finite, params, opt_state, grads): both as they are after the update, or as they were."""
    optimizer = make_optimizer(config.optimizer)

    def update(params: Params, opt_state: optax.OptState, grads: Params) -> tuple[Params, optax.OptState]:
        updates, opt_state = optimizer.update(grads, opt_state, params)
        return optax.apply_updates(params, updates), opt_state

    def keep(params: Params, opt_state: optax.OptState, _: Params) -> tuple[Params, optax.OptState]:
        return params, opt_state

    def branch(finite: jax.Array, *operands: Any) -> tuple[Params, optax.OptState]:
        return jax.lax.cond(finite, update, keep, *operands)

    def choose(finite: jax.Array, *operands: Any) -> tuple[Params, optax.OptState]:
        return jax.tree.map(partial(jnp.where, finite), update(*operands), keep(*operands))

    def apply(finite: jax.Array, *operands: Any) -> tuple[Params, optax.OptState]:
        # At a billion parameters a choice by element costs a CPU 5 GiB: XLA copies the moments there. A branch costs a
        # TPU 12 GiB and a GPU 9: its results cannot take the place of the donated state.
        return jax.lax.platform_dependent(finite, *operands, cpu=branch, default=choose)

    return apply
