"""Masked tokens: a model learns to predict the tokens of a row that were hidden from it."""

from agront_train.tasks.masked_tokens.evaluation import HELD_OUT_SEED
from agront_train.tasks.masked_tokens.guesses import make_guesses
from agront_train.tasks.masked_tokens.interfaces import MaskedLanguageModel, MaskingVocabulary, TokenRows
from agront_train.tasks.masked_tokens.masking import MaskedTokens, mask_held_out, mask_tokens, num_masked_positions
from agront_train.tasks.masked_tokens.task import MaskedTokenTask

__all__ = [
    "HELD_OUT_SEED",
    "MaskedLanguageModel",
    "MaskedTokenTask",
    "MaskedTokens",
    "MaskingVocabulary",
    "TokenRows",
    "make_guesses",
    "mask_held_out",
    "mask_tokens",
    "num_masked_positions",
]
