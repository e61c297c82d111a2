"""Scores of variants: options, run and output of `score_variants.py`; what other scripts that score share."""

from scoring.options import ScoreVariants, check_options
from scoring.scored_output import check_scored_output
from scoring.scoring_run import Records, say_renamed, score_all, score_records, scoring_of
from scoring.window_options import WindowOptions, check_windows

__all__ = [
    "Records",
    "ScoreVariants",
    "WindowOptions",
    "check_options",
    "check_scored_output",
    "check_windows",
    "say_renamed",
    "score_all",
    "score_records",
    "scoring_of",
]
