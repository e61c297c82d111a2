"""Experiments by name: each file says its command and what to expect of it."""

from agront_train import option_names, with_options

from presets.agront_1b import PAPER_CHUNKS, PUBLISHED, RELEASED_CHUNKS
from presets.demo import DEMO
from presets.experiment import Experiment
from presets.laptop import LAPTOP

__all__ = ["PRESETS", "Experiment", "in_options"]

PRESETS = {
    "demo": ("A small AgroNT that a laptop trains in minutes.", DEMO),
    "laptop": ("A small AgroNT for a genome of one's own, in an hour or two on a CPU.", LAPTOP),
    "agront-1b": ("The published one-billion-parameter run.", PUBLISHED),
    "agront-1b-paper-chunks": ("The same on the paper's chunks of 6,100 bases.", PAPER_CHUNKS),
    "agront-1b-released-chunks": ("The same on the released corpus's chunks: 6,000 bases of 6,200.", RELEASED_CHUNKS),
}


def in_options(message: str, of: str = "") -> str:
    """A message with the options of pretrain.py in place of an experiment's fields, each followed by `of`."""
    return with_options(message, {field: option + of for field, option in option_names(DEMO).items()})
