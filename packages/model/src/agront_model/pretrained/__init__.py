"""Weights in and out: published ones, and one's own."""

from agront_model.pretrained.fingerprint import model_fingerprint
from agront_model.pretrained.licence import PUBLISHED, Licence
from agront_model.pretrained.loading import DamagedCheckpointWarning, load_pretrained, peek_config
from agront_model.pretrained.model_card import model_card
from agront_model.pretrained.pretrained_model import Pretrained
from agront_model.pretrained.run_folder import RunDescription, describe_run
from agront_model.pretrained.saving import appearing_whole, check_free, save_pretrained, write_model
from agront_model.pretrained.vocabulary_check import check_vocabulary
from agront_model.pretrained.weight_source import AUTHORS_FORMAT, RUN_FORMAT, WeightSource, check_source

__all__ = [
    "AUTHORS_FORMAT",
    "PUBLISHED",
    "RUN_FORMAT",
    "DamagedCheckpointWarning",
    "Licence",
    "Pretrained",
    "RunDescription",
    "WeightSource",
    "appearing_whole",
    "check_free",
    "check_source",
    "check_vocabulary",
    "describe_run",
    "load_pretrained",
    "model_card",
    "model_fingerprint",
    "peek_config",
    "save_pretrained",
    "write_model",
]
