"""`Objective`: how far predictions are from labels."""

import dataclasses
from typing import Literal

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Float, Float32

from agront_train.interfaces import LossSum

ObjectiveKind = Literal["binary", "classes", "regression"]
"""What labels are.

| kind | labels | predictions | loss |
|---|---|---|---|
| `binary` | K numbers, 0 or 1, each by itself: one label or several | K logits | cross-entropy in nats |
| `classes` | the number of one of K classes | K logits | cross-entropy in nats |
| `regression` | K numbers | K numbers | squared difference |
"""


@dataclasses.dataclass(frozen=True)
class Objective:
    """The loss of predictions; where a label is NaN there is none.

    Attributes:
        kind: what labels are.
        weights: what counts how much: of `classes` a factor for each class; of `binary` one for each label where it is
            1; none if empty.
    """

    kind: ObjectiveKind
    weights: tuple[float, ...] = ()

    def losses(
        self, predictions: Float[jax.Array, "B *places K"], labels: Float[jax.Array, "B *places _"]
    ) -> tuple[Float32[jax.Array, "B"], Float32[jax.Array, "B"]]:
        """Sums of losses and of their weights, of each row.

        Args:
            predictions: logits or numbers.
            labels: as many numbers; of `classes` one.
        """
        predictions = predictions.astype(jnp.float32)
        known = jnp.isfinite(labels)
        # No NaN enters the loss: its gradient would be one, even where it does not count.
        labels = jnp.where(known, labels, 0)
        weights = known.astype(jnp.float32)
        if self.kind == "classes":
            numbers = labels[..., 0].astype(jnp.int32)
            losses = optax.softmax_cross_entropy_with_integer_labels(predictions, numbers)[..., None]
            if self.weights:
                weights = weights * jnp.asarray(self.weights, jnp.float32)[numbers][..., None]
        elif self.kind == "binary":
            losses = optax.sigmoid_binary_cross_entropy(predictions, labels)
            if self.weights:
                weights = weights * jnp.where(labels > 0, jnp.asarray(self.weights, jnp.float32), 1)
        else:
            losses = jnp.square(predictions - labels)
        summed = tuple(range(1, losses.ndim))
        return (losses * weights).sum(summed), weights.sum(summed)

    def total(self, predictions: Float[jax.Array, "B *places K"], labels: Float[jax.Array, "B *places _"]) -> LossSum:
        """The same, of all rows."""
        return LossSum(*(each.sum() for each in self.losses(predictions, labels)))
