"""Tracks of genomes: options and run of `score_genome.py`."""

from genome_scoring.options import ScoreGenome, check_options
from genome_scoring.track_run import draw_bigwigs, score_all_bases

__all__ = ["ScoreGenome", "check_options", "draw_bigwigs", "score_all_bases"]
