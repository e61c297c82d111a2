"""All substitutions of regions: options, run and pictures of `mutagenesis.py`."""

from saturation.options import Mutagenesis, check_options
from saturation.saturation_run import mutate_all

__all__ = ["Mutagenesis", "check_options", "mutate_all"]
