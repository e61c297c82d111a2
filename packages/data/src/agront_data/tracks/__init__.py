"""Tracks: a model's log-probabilities of A, C, G, T at every base of a genome, computed, written and read.

A token is read with its surroundings and without a mask, in every frame of both strands, as for the score
`base_wildtype`. `block_probabilities` computes them block by block (`cut_blocks`) with any model of bases,
`write_track` writes a Zarr group, `GenomeTrack` reads it, `write_bigwigs` makes bigWig files of it.

bigWig files need pyBigWig: `pip install 'agront-data[bigwig]'`.
"""

from agront_data.tracks.bigwig import bigwig_paths, check_bigwigs, signals, write_bigwigs
from agront_data.tracks.block_probabilities import block_probabilities
from agront_data.tracks.genome_track import GenomeTrack
from agront_data.tracks.layout import LETTERS, array_name
from agront_data.tracks.piece import Piece, cut_blocks
from agront_data.tracks.track_lookup import Lookup, look_up
from agront_data.tracks.track_scoring import TrackScoring
from agront_data.tracks.track_writer import write_track

__all__ = [
    "LETTERS",
    "GenomeTrack",
    "Lookup",
    "Piece",
    "TrackScoring",
    "array_name",
    "bigwig_paths",
    "block_probabilities",
    "check_bigwigs",
    "cut_blocks",
    "look_up",
    "signals",
    "write_bigwigs",
    "write_track",
]
