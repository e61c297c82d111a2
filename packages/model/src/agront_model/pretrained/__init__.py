"""Weights in and out: published ones, and one's own."""

from agront_model.pretrained.loading import load_pretrained
from agront_model.pretrained.pretrained_model import Pretrained
from agront_model.pretrained.saving import save_pretrained

__all__ = ["Pretrained", "load_pretrained", "save_pretrained"]
