#!/usr/bin/env python3
"""Make the table that calibrates a score of variants: its mean at sites of the same five bases."""

import bootstrap  # noqa: F401

from agront_data.path_checks import check_rereadable
from agront_data.tables import PartFiles
from agront_model import choose_devices
from agront_model.pretrained import check_source
from calibration import Calibrate, check_options, score_sites
from rich.console import Console
from terminal import errors_as_sentences, in_options_of, make_console, read_options


def calibrate(options: Calibrate, console: Console) -> None:
    """Check all that can be checked in seconds, then score the sites and write the table.

    Raises:
        ValueError, OSError: bad options or input, or something cannot be written; what is finished stays.
    """
    check_options(options)
    check_rereadable(options.genome)
    PartFiles.beside(options.out).check_begun(options.decisive())
    if not options.by_track:
        check_source(options.model)
        choose_devices(options.devices)  # an error of JAX's shows before the genome is read
    score_sites(options, console)


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    options = read_options(Calibrate)
    with errors_as_sentences("the same command continues where this one stopped", in_options_of(options)):
        calibrate(options, make_console())


if __name__ == "__main__":
    main()
