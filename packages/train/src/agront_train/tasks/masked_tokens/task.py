"""Masked tokens as a task of training."""

import dataclasses

import jax
import jax.numpy as jnp
from jaxtyping import Float32

from agront_train.config import MaskingConfig
from agront_train.interfaces import LossSum, Params
from agront_train.tasks.masked_tokens.evaluation import held_out_row_losses, num_held_out_parts
from agront_train.tasks.masked_tokens.interfaces import MaskedLanguageModel, MaskingVocabulary, TokenRows
from agront_train.tasks.masked_tokens.masking import mask_tokens, num_masked_positions
from agront_train.tasks.masked_tokens.objective import row_losses


@dataclasses.dataclass(frozen=True, kw_only=True)
class MaskedTokenTask:
    """A `Task`: predict the tokens of a row that masking has hidden. All parameters of the model are trained."""

    model: MaskedLanguageModel
    """The three functions."""
    vocabulary: MaskingVocabulary
    """The ids that may be masked."""
    masking: MaskingConfig
    """Rate and shares of masking, `TrainConfig.masking`."""
    num_tokens: int
    """T, the tokens of a row."""

    @property
    def num_masked(self) -> int:
        """M, the tokens of a row that training predicts."""
        return num_masked_positions(self.masking, self.num_tokens)

    @property
    def held_out_passes(self) -> int:
        """Passes through the model that `row_scores` takes, each with another part of the tokens masked."""
        return num_held_out_parts(self.masking)

    def init(self, rng: jax.Array) -> Params:
        """Draw the model's parameters."""
        return self.model.init(rng, jnp.zeros((1, self.num_tokens), jnp.int32))

    def loss_sums(self, trained: Params, frozen: Params, batch: TokenRows, key: jax.Array) -> LossSum:
        """Mask b rows, each by its number; summed cross-entropy in nats and summed weights of the chosen tokens."""
        masked = mask_tokens(key, batch.tokens, batch.rows, self.vocabulary, self.masking, batch.loss_weights)
        return jax.tree.map(jnp.sum, row_losses(self.model, trained, masked))

    def row_scores(self, trained: Params, frozen: Params, batch: TokenRows) -> dict[str, Float32[jax.Array, "b 1"]]:
        """Cross-entropy in nats ("loss") and number ("weight") of each row's nucleotide tokens, all at `<mask>`.

        Loss weights do not count, so that runs with different ones can be compared.
        """
        losses = held_out_row_losses(self.model, self.masking, self.vocabulary)(trained, batch.tokens, batch.rows)
        return {"loss": losses.loss[:, None], "weight": losses.weight[:, None]}
