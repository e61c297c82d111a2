"""Labels as a task of training."""

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Float32, Integer

from agront_train.interfaces import LossSum, Params
from agront_train.tasks.labels.interfaces import Array, Encoder, Head, LabelledTokens
from agront_train.tasks.labels.objective import Objective


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabelTask:
    """A `Task`: predict the labels of rows from the vectors of a model.

    Trained parameters are those of the head ("head") and, of the model ("model"), adapters, some layers, all of it or
    nothing; the others are the frozen ones.
    """

    encoder: Encoder
    """Gives the vectors."""
    head: Head
    """Makes predictions of them."""
    objective: Objective
    """The loss."""
    num_tokens: int
    """T, the tokens of a row."""
    pad_id: int
    """The id that fills rows."""
    init_model: Callable[[jax.Array], Params]
    """Draws the trained parameters of the model, such as adapters."""
    join: Callable[[Params, Params], Params]
    """From frozen and trained parameters of the model to all of them."""

    def init(self, rng: jax.Array) -> Params:
        """Draw the trained parameters of model and head."""
        of_model, of_head = jax.random.split(rng)
        return {"model": self.init_model(of_model), "head": self.head.init(of_head)}

    def predict(
        self, trained: Params, frozen: Params, tokens: Integer[Array, "b T"], dropout_keys: jax.Array | None = None
    ) -> Float32[jax.Array, "b *outputs"]:
        """Logits, or numbers, of b rows.

        Args:
            trained: see the class.
            frozen: the rest of the model.
            tokens: b rows of token ids.
            dropout_keys: a key a row while training.
        """
        tokens = jnp.asarray(tokens, jnp.int32)
        params = self.join(frozen, trained["model"])
        embeddings = self.encoder.encode(params, tokens, dropout_keys=dropout_keys).embeddings
        return self.head.predict(trained["head"], embeddings, tokens != self.pad_id)

    def loss_sums(self, trained: Params, frozen: Params, batch: LabelledTokens, key: jax.Array) -> LossSum:
        """Losses of b rows, summed; dropout is drawn by each row's number."""
        keys = jax.vmap(lambda row: jax.random.fold_in(key, row))(jnp.asarray(batch.rows, jnp.uint32))
        return self.objective.total(self.predict(trained, frozen, batch.tokens, keys), jnp.asarray(batch.labels))

    def row_scores(
        self, trained: Params, frozen: Params, batch: LabelledTokens
    ) -> dict[str, Float32[jax.Array, "b _"]]:
        """Loss and weight of each row, and its predictions, one after the other: logits, or numbers."""
        predictions = self.predict(trained, frozen, batch.tokens)
        loss, weight = self.objective.losses(predictions, jnp.asarray(batch.labels))
        flat = predictions.reshape(len(predictions), -1)
        return {"loss": loss[:, None], "weight": weight[:, None], "predictions": flat}
