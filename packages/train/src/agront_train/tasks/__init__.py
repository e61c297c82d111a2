"""Tasks that a model can be trained on, a room each."""

from agront_train.tasks.labels import Encoder, Head, LabelledTokens, LabelTask, Objective, ObjectiveKind
from agront_train.tasks.masked_tokens import (
    HELD_OUT_SEED,
    MaskedLanguageModel,
    MaskedTokens,
    MaskedTokenTask,
    MaskingVocabulary,
    TokenRows,
    make_guesses,
    mask_held_out,
    mask_tokens,
    num_masked_positions,
)

__all__ = [
    "HELD_OUT_SEED",
    "Encoder",
    "Head",
    "LabelTask",
    "LabelledTokens",
    "MaskedLanguageModel",
    "MaskedTokenTask",
    "MaskedTokens",
    "MaskingVocabulary",
    "Objective",
    "ObjectiveKind",
    "TokenRows",
    "make_guesses",
    "mask_held_out",
    "mask_tokens",
    "num_masked_positions",
]
