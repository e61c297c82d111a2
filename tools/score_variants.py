#!/usr/bin/env python3
"""Score variants with a masked model: VCF, BCF or a table, to the same with scores."""

import bootstrap  # noqa: F401

from agront_data.path_checks import check_rereadable
from agront_data.tables import PartFiles
from agront_data.variant_files import open_variants
from agront_model import choose_devices
from agront_model.pretrained import check_source
from rich.console import Console
from scoring import (
    ScoreVariants,
    check_options,
    check_scored_output,
    check_truth,
    is_lookup,
    look_up_all,
    score_all,
)
from terminal import errors_as_sentences, in_options_of, make_console, read_options


def score_variants(options: ScoreVariants, console: Console) -> None:
    """Check all that can be checked in seconds, then score.

    Raises:
        ValueError, OSError: bad options or input, or something cannot be written; what is finished stays.
    """
    check_options(options)
    if not options.by_track:
        check_source(options.model)
    variants = open_variants(options.variants)
    check_scored_output(options.out, variants, options.score)
    if options.truth is not None:
        check_truth(variants, options.truth)
    check_rereadable(options.genome)
    names = options.contig_names()
    PartFiles.beside(options.out).check_begun(options.decisive())
    if not options.by_track:
        choose_devices(options.devices)  # an error of JAX's shows before the input is read
    if is_lookup(options, variants):
        look_up_all(options, variants, names, console)
    else:
        score_all(options, variants, names, console)


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    options = read_options(ScoreVariants)
    with errors_as_sentences("the same command continues where this one stopped", in_options_of(options)):
        score_variants(options, make_console())


if __name__ == "__main__":
    main()
