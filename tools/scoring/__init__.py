"""Scores of variants: options, run and output of `score_variants.py`; what other scripts that score share."""

from scoring.lookup_run import is_lookup, look_up_all
from scoring.options import ScoreVariants, check_options
from scoring.scored_output import check_scored_output
from scoring.scored_records import Records, score_records
from scoring.scorer import context_of, is_track, load_model, scorer_of_model, scorer_of_track
from scoring.scoring_run import say_renamed, score_all
from scoring.truth_report import check_truth
from scoring.window_options import WindowOptions, check_windows

__all__ = [
    "Records",
    "ScoreVariants",
    "WindowOptions",
    "check_options",
    "check_scored_output",
    "check_truth",
    "check_windows",
    "context_of",
    "is_lookup",
    "is_track",
    "load_model",
    "look_up_all",
    "say_renamed",
    "score_all",
    "score_records",
    "scorer_of_model",
    "scorer_of_track",
]
