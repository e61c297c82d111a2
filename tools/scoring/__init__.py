"""Scores of variants: options, run and output of `score_variants.py`."""

from scoring.options import ScoreVariants, check_options
from scoring.scored_output import check_scored_output
from scoring.scoring_run import score_all
from scoring.truth_report import check_truth

__all__ = ["ScoreVariants", "check_options", "check_scored_output", "check_truth", "score_all"]
