#!/usr/bin/env python3
"""Score all substitutions of regions with a masked model: saturation mutagenesis in silico."""

import bootstrap  # noqa: F401

from agront_data.tables import PartFiles
from agront_model import choose_devices
from agront_model.pretrained import check_source
from models import tokenizer_of
from rich.console import Console
from saturation import Mutagenesis, check_options, mutate_all
from terminal import errors_as_sentences, in_options_of, make_console, read_options


def mutagenesis(options: Mutagenesis, console: Console) -> None:
    """Check all that can be checked in seconds, then score.

    Raises:
        ValueError, OSError: bad options or input, or something cannot be written; what is finished stays.
    """
    check_options(options)
    check_source(options.model)
    PartFiles.beside(options.out).check_begun(options.of_windows())
    choose_devices(options.devices)  # an error of JAX's shows before the input is read
    mutate_all(options, tokenizer_of(options.model), console)


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    options = read_options(Mutagenesis)
    with errors_as_sentences("the same command continues where this one stopped", in_options_of(options)):
        mutagenesis(options, make_console())


if __name__ == "__main__":
    main()
