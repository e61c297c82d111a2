"""Models in tools: loaded and checked, their predictions in words."""

from models.checked_model import load_checked_weights, tokenizer_of
from models.masked_report import table_of, title_of
from models.origin import origin_of

__all__ = [
    "load_checked_weights",
    "origin_of",
    "table_of",
    "title_of",
    "tokenizer_of",
]
