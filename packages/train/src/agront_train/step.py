"""One update: a pure function of (state, batch). What maps it over devices is in `replication`."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax.typing import ArrayLike
from jaxtyping import Float32, Int32, Integer

from agront_train.config import TrainConfig
from agront_train.interfaces import MaskedLanguageModel, MaskingVocabulary, Params
from agront_train.masking import mask_tokens, masking_key, parameters_key
from agront_train.objective import LossSum, row_losses
from agront_train.optimizer import learning_rate_schedule, make_optimizer


class TrainState(NamedTuple):
    """All that an update changes."""

    step: Int32[jax.Array, ""]
    """Updates made so far."""
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


TrainStep = Callable[..., tuple[TrainState, StepMetrics]]
"""A function of (state, tokens, rows) or (state, tokens, rows, loss_weights)."""


def init_state(model: MaskedLanguageModel, config: TrainConfig, num_tokens: int) -> TrainState:
    """The state before the first update, for rows of `num_tokens` tokens."""

    @jax.jit
    def init(key: jax.Array) -> TrainState:
        params = model.init(key, jnp.zeros((1, num_tokens), jnp.int32))
        return TrainState(jnp.zeros((), jnp.int32), params, make_optimizer(config.optimizer).init(params))

    return init(parameters_key(config.seed))


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

    It takes loss weights [A, b, T] as a fourth argument, where tokens shall not count alike.

    Args:
        model: the three functions.
        config: masking, optimizer and seed are read here.
        vocabulary: what may be masked.
        axis_name: the mapped axis of devices over which sums are taken; None is one device.
    """
    gradient = make_gradient(model, config, vocabulary)
    optimizer = make_optimizer(config.optimizer)
    schedule = learning_rate_schedule(config.optimizer)

    def step(
        state: TrainState, tokens: ArrayLike, rows: ArrayLike, loss_weights: ArrayLike | None = None
    ) -> tuple[TrainState, StepMetrics]:
        grads, total = gradient(state.params, *jax.tree.map(jnp.asarray, (tokens, rows, loss_weights)))
        if axis_name is not None:
            grads, total = jax.lax.psum((grads, total), axis_name)
        # A batch of nothing but N has loss 0, not NaN; summed weights below 1 are a count like any other.
        count = jnp.where(total.num_tokens > 0, total.num_tokens, 1)
        grads = jax.tree.map(lambda grad: grad / count, grads)
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        metrics = StepMetrics(total.loss / count, optax.global_norm(grads), jnp.asarray(schedule(state.step)))
        return TrainState(state.step + 1, optax.apply_updates(state.params, updates), opt_state), metrics

    return step
