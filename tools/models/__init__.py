"""Models in tools: loaded and checked, described in a card, their predictions in words."""

from models.checked_model import load_checked_weights, tokenizer_of
from models.devices import choose_devices
from models.masked_report import (
    TSV_HEADER,
    MaskedSequence,
    MaskReport,
    report_of,
    table_of,
    title_of,
    tsv_of,
)

__all__ = [
    "TSV_HEADER",
    "MaskReport",
    "MaskedSequence",
    "choose_devices",
    "load_checked_weights",
    "report_of",
    "table_of",
    "title_of",
    "tokenizer_of",
    "tsv_of",
]
