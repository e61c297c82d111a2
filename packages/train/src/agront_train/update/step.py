"""One update: a pure function of (state, batch). What maps it over devices is in `replication`."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.typing import ArrayLike
from jaxtyping import Float32, Int32, Integer

from agront_train.config import TrainConfig
from agront_train.interfaces import MaskedLanguageModel, MaskingVocabulary, Params
from agront_train.tasks import LossSum, mask_tokens, masking_key, parameters_key, row_losses
from agront_train.update.optimizer import learning_rate_schedule, make_optimizer
from agront_train.update.optimizer_sharding import collect, own_share, sum_own_share


class TrainState(NamedTuple):
    """All that an update changes."""

    step: Int32[jax.Array, ""]
    """Updates so far, skipped ones included."""
    skipped: Int32[jax.Array, ""]
    """Updates among them that left parameters and optimizer alone, because loss or gradient was not finite."""
    skipped_in_a_row: Int32[jax.Array, ""]
    """How many of the last updates were skipped, without one in between that was not."""
    params: Params
    """Parameters of the model, float32."""
    opt_state: optax.OptState
    """Adam's moments and counts."""


class StepMetrics(NamedTuple):
    """What one update says of itself; the same on every device."""

    loss: Float32[jax.Array, ""]
    """Mean cross-entropy in nats over all predicted tokens of the global batch, by the batch's loss weights if any."""
    grad_norm: Float32[jax.Array, ""]
    """Global norm of the gradient of that mean, before clipping."""
    learning_rate: Float32[jax.Array, ""]
    """The rate this update was made with."""
    skipped_in_a_row: Int32[jax.Array, ""]
    """0 where the update was made; else it was skipped, and so were all but this many before it."""


TrainStep = Callable[..., tuple[TrainState, StepMetrics]]
"""A function of (state, tokens, rows) or (state, tokens, rows, loss_weights)."""


def first_state(params: Params, config: TrainConfig, *, axis_name: str | None = None) -> TrainState:
    """The state of a run that begins with these parameters."""
    zero = jnp.zeros((), jnp.int32)
    moved = params
    if config.shard_optimizer and axis_name is not None:
        moved = jax.tree.map(partial(own_share, axis_name=axis_name), params)
    return TrainState(zero, zero, zero, params, make_optimizer(config.optimizer).init(moved))


def init_params(model: MaskedLanguageModel, config: TrainConfig, num_tokens: int) -> Params:
    """Random parameters, by the run's seed, for rows of `num_tokens` tokens."""
    return model.init(parameters_key(config.seed), jnp.zeros((1, num_tokens), jnp.int32))


def init_state(model: MaskedLanguageModel, config: TrainConfig, num_tokens: int) -> TrainState:
    """The state before the first update, on one device, with the whole of Adam's moments."""
    return jax.jit(lambda: first_state(init_params(model, config, num_tokens), config))()


def make_gradient(
    model: MaskedLanguageModel, config: TrainConfig, vocabulary: MaskingVocabulary
) -> Callable[..., tuple[Params, LossSum]]:
    """A function of (params, tokens [A, b, T], rows [A, b], loss_weights [A, b, T] or None).

    It returns the sums of gradients and losses over A micro-batches.
    """

    def loss_sum(
        params: Params, tokens: jax.Array, rows: jax.Array, loss_weights: jax.Array | None
    ) -> tuple[jax.Array, LossSum]:
        masked = mask_tokens(masking_key(config.seed), tokens, rows, vocabulary, config.masking, loss_weights)
        total = jax.tree.map(jnp.sum, row_losses(model, params, masked))
        return total.loss, total

    def gradient(
        params: Params,
        tokens: Integer[jax.Array, "A b T"],
        rows: Integer[jax.Array, "A b"],
        loss_weights: Float32[jax.Array, "A b T"] | None = None,
    ) -> tuple[Params, LossSum]:
        batch = (tokens, rows, loss_weights)

        def add(sums: tuple[Params, LossSum], micro_batch: tuple) -> tuple[tuple, None]:
            grads, losses = jax.grad(loss_sum, has_aux=True)(params, *micro_batch)
            return jax.tree.map(jnp.add, sums, (grads, losses)), None

        zero = jnp.zeros((), jnp.float32)
        zeros = (jax.tree.map(jnp.zeros_like, params), LossSum(zero, zero))
        if tokens.shape[0] == 1:  # no loop where none is needed: it would hold a second gradient
            return jax.grad(loss_sum, has_aux=True)(params, *jax.tree.map(lambda part: part[0], batch))
        return jax.lax.scan(add, zeros, batch)[0]

    return gradient


def make_train_step(
    model: MaskedLanguageModel,
    config: TrainConfig,
    vocabulary: MaskingVocabulary,
    *,
    axis_name: str | None = None,
) -> TrainStep:
    """The update as a function of (state, tokens [A, b, T], rows [A, b]) for A micro-batches of b rows.

    It takes loss weights [A, b, T] as a fourth argument, where tokens shall not count alike. An update whose loss or
    gradient is not finite changes nothing but the counts.

    Args:
        model: the three functions.
        config: masking, optimizer and seed are read here, and whether the optimizer is sharded over `axis_name`.
        vocabulary: what may be masked.
        axis_name: the mapped axis of devices over which sums are taken; None is one device.
    """
    gradient = make_gradient(model, config, vocabulary)
    optimizer = make_optimizer(config.optimizer)
    schedule = learning_rate_schedule(config.optimizer)
    clip_norm = config.optimizer.clip_norm
    shard_axis = axis_name if config.shard_optimizer else None

    def update(params: Params, opt_state: optax.OptState, grads: Params) -> tuple[Params, optax.OptState]:
        updates, opt_state = optimizer.update(grads, opt_state, params)
        return optax.apply_updates(params, updates), opt_state

    def keep(params: Params, opt_state: optax.OptState, _: Params) -> tuple[Params, optax.OptState]:
        return params, opt_state

    def step(
        state: TrainState, tokens: ArrayLike, rows: ArrayLike, loss_weights: ArrayLike | None = None
    ) -> tuple[TrainState, StepMetrics]:
        grads, total = gradient(state.params, *jax.tree.map(jnp.asarray, (tokens, rows, loss_weights)))
        params = state.params
        if axis_name is not None:
            total = jax.lax.psum(total, axis_name)
        if shard_axis is not None:  # from here on `grads` and `params` are this device's shares
            grads = jax.tree.map(partial(sum_own_share, axis_name=shard_axis), grads)
            params = jax.tree.map(partial(own_share, axis_name=shard_axis), params)
        elif axis_name is not None:
            grads = jax.lax.psum(grads, axis_name)
        # A batch of nothing but N has loss 0, not NaN; summed weights below 1 are a count like any other.
        count = jnp.where(total.num_tokens > 0, total.num_tokens, 1)
        grads = jax.tree.map(lambda grad: grad / count, grads)
        squares = sum(jnp.square(grad).sum() for grad in jax.tree.leaves(grads))
        grad_norm = jnp.sqrt(squares if shard_axis is None else jax.lax.psum(squares, shard_axis))
        if clip_norm is not None:
            scale = jnp.where(grad_norm < clip_norm, 1, clip_norm / grad_norm)
            grads = jax.tree.map(lambda grad: grad * scale, grads)

        finite = jnp.isfinite(total.loss) & jnp.isfinite(grad_norm)
        # A branch: choosing element by element would make XLA copy the moments, 6 GiB at a billion parameters.
        moved, opt_state = jax.lax.cond(finite, update, keep, params, state.opt_state, grads)
        if shard_axis is not None:
            moved = jax.tree.map(partial(collect, axis_name=shard_axis), moved, state.params)
        in_a_row = jnp.where(finite, 0, state.skipped_in_a_row + 1)
        skipped = state.skipped + jnp.where(finite, 0, 1)
        # The optimizer's own schedule counts the updates it made, so not the skipped ones.
        learning_rate = jnp.asarray(schedule(state.step - state.skipped))
        metrics = StepMetrics(total.loss / count, grad_norm, learning_rate, in_a_row)
        return TrainState(state.step + 1, skipped, in_a_row, moved, opt_state), metrics

    return step
