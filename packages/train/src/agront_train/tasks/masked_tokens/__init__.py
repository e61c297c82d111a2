"""Masked tokens: a model learns to predict the tokens of a row that were hidden from it."""

from agront_train.tasks.masked_tokens.evaluation import (
    HELD_OUT_SEED,
    Difference,
    RowLosses,
    held_out_row_losses,
    paired_difference,
)
from agront_train.tasks.masked_tokens.guesses import Guess, guesses_as_markdown, make_guesses
from agront_train.tasks.masked_tokens.masking import (
    MaskedTokens,
    mask_held_out,
    mask_tokens,
    masking_key,
    num_masked_positions,
    parameters_key,
)
from agront_train.tasks.masked_tokens.objective import LossSum, masked_cross_entropy, row_losses

__all__ = [
    "HELD_OUT_SEED",
    "Difference",
    "Guess",
    "LossSum",
    "MaskedTokens",
    "RowLosses",
    "guesses_as_markdown",
    "held_out_row_losses",
    "make_guesses",
    "mask_held_out",
    "mask_tokens",
    "masked_cross_entropy",
    "masking_key",
    "num_masked_positions",
    "paired_difference",
    "parameters_key",
    "row_losses",
]
