"""The gradient of a task's loss, summed over micro-batches."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from agront_train.config import TrainConfig
from agront_train.interfaces import LossSum, Params, Task
from agront_train.random_keys import rows_key


def make_gradient(task: Task, config: TrainConfig) -> Callable[[Params, Params, Any], tuple[Params, LossSum]]:
    """A function of (trained, frozen, batch): sums of gradients and losses over the A micro-batches of a batch.

    Each leaf of the batch has two leading axes [A, b], for A micro-batches of b rows.

    Args:
        task: gives the loss.
        config: the seed is read here.
    """

    def loss_sum(trained: Params, frozen: Params, batch: Any) -> tuple[jax.Array, LossSum]:
        total = task.loss_sums(trained, frozen, batch, rows_key(config.seed))
        return total.loss, total

    def gradient(trained: Params, frozen: Params, batch: Any) -> tuple[Params, LossSum]:
        def add(sums: tuple[Params, LossSum], micro_batch: Any) -> tuple[tuple, None]:
            grads, losses = jax.grad(loss_sum, has_aux=True)(trained, frozen, micro_batch)
            return jax.tree.map(jnp.add, sums, (grads, losses)), None

        if batch.rows.shape[0] == 1:  # no loop where none is needed: it would hold a second gradient
            only = jax.tree.map(lambda leaf: leaf[0], batch)
            return jax.grad(loss_sum, has_aux=True)(trained, frozen, only)
        zero = jnp.zeros((), jnp.float32)
        zeros = (jax.tree.map(jnp.zeros_like, trained), LossSum(zero, zero))
        return jax.lax.scan(add, zeros, batch)[0]

    return gradient
