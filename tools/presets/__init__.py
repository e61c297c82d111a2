"""Experiments by name: each file says its command and what to expect of it."""

from presets.agront_1b import PUBLISHED
from presets.demo import DEMO
from presets.experiment import Experiment

__all__ = ["PRESETS", "Experiment"]

PRESETS = {
    "demo": ("A small AgroNT that a laptop trains in minutes.", DEMO),
    "agront-1b": ("The published one-billion-parameter run.", PUBLISHED),
}
