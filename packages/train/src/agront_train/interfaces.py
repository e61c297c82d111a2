"""Protocols between training and its user: a task, its batches, and the iterator that they come from."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import Float32, Integer

Params = Any  # a pytree of float32 arrays
Array = jax.Array | np.ndarray
"""An array on a device or on the host."""


@runtime_checkable
class Batch(Protocol):
    """One host's rows of a global batch: a pytree of NumPy arrays, such as a NamedTuple.

    The first axis of each array is the rows. The task alone knows the arrays other than `rows`.
    """

    @property
    def rows(self) -> Integer[np.ndarray, "B"]:
        """Global row numbers: row r of step s, with B rows a step, is s·B + r. They seed all draws for the row."""


@runtime_checkable
class ResumableIterator(Protocol):
    """An endless iterator whose position can be saved and restored."""

    def __iter__(self) -> Iterator[Batch]: ...

    def __next__(self) -> Batch: ...

    def get_state(self) -> dict[str, Any]:
        """The position as JSON-able values: of the batch that the next call of `next` returns."""

    def set_state(self, state: dict[str, Any], /) -> None:
        """Go to a saved position."""


class LossSum(NamedTuple):
    """A sum of losses and the weights that it is a sum over, to be added over micro-batches and devices.

    The mean is taken once, at the end. A mean of means would be wrong: rows differ in their valid tokens.
    """

    loss: Float32[jax.Array, "*batch"]
    """Summed losses, each times its weight."""
    weight: Float32[jax.Array, "*batch"]
    """Summed weights: where all are 1, the number of predicted tokens or labels."""


@runtime_checkable
class Task(Protocol):
    """A task for a model to learn: pure functions of its parameters and of b rows on a device.

    Parameters are two trees: `trained` ones get gradients; `frozen` ones are given once and never change. A batch on a
    device is the host's batch with JAX arrays; its row numbers are uint32.
    """

    @property
    def num_tokens(self) -> int:
        """T, the tokens of a row, padding included: training reports its speed in tokens."""

    def init(self, rng: jax.Array, /) -> Params:
        """Draw the initial trained parameters, float32."""

    def loss_sums(self, trained: Params, frozen: Params, batch: Any, key: jax.Array, /) -> LossSum:
        """Add the training losses of b rows; the gradient is that of the summed loss.

        Args:
            trained: the parameters that are learned.
            frozen: those that are not; an empty tree where there are none.
            batch: b rows.
            key: the run's, the same at every step. With a row's number folded in, it gives draws that depend neither
                on the step nor on the device.

        Returns:
            Two scalars.
        """

    def row_scores(self, trained: Params, frozen: Params, batch: Any, /) -> Mapping[str, Float32[jax.Array, "b _"]]:
        """Measure b held-out rows.

        Returns:
            Sums by name, for each row and each of C classes of tokens or labels (C may differ from name to name).
            "loss" and "weight" must be among them; the held-out loss is their quotient over all rows and classes.
        """
