#!/usr/bin/env python3
"""Compute a track: a model's log-probabilities of A, C, G, T at every base of a genome."""

import bootstrap  # noqa: F401
import os

from agront_data.path_checks import check_rereadable
from agront_data.tables import PartFiles
from agront_model import choose_devices
from agront_model.pretrained import check_source
from genome_scoring import ScoreGenome, check_options, draw_bigwigs, score_all_bases
from models import tokenizer_of
from rich.console import Console
from terminal import errors_as_sentences, in_options_of, make_console, read_options


def score_genome(options: ScoreGenome, console: Console) -> None:
    """Check all that can be checked in seconds, then compute; of a finished track only write bigWig files.

    Raises:
        ValueError, OSError: bad options or input, or something cannot be written; what is finished stays.
    """
    check_options(options)
    check_rereadable(options.genome)
    if not os.path.lexists(options.out):
        check_source(options.model)
        PartFiles.beside(options.out).check_begun(options.decisive())
        choose_devices(options.devices)  # an error of JAX's shows before the genome is read
        score_all_bases(options, tokenizer_of(options.model), console)
    draw_bigwigs(options, console)


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    options = read_options(ScoreGenome)
    with errors_as_sentences("the same command continues where this one stopped", in_options_of(options)):
        score_genome(options, make_console())


if __name__ == "__main__":
    main()
