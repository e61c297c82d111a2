"""Models in tools: loaded and checked, their predictions in words."""

from models.checked_model import load_checked_weights, tokenizer_of
from models.devices import choose_devices
from models.masked_report import TSV_HEADER, table_of, title_of, tsv_of

__all__ = [
    "TSV_HEADER",
    "choose_devices",
    "load_checked_weights",
    "table_of",
    "title_of",
    "tokenizer_of",
    "tsv_of",
]
