#!/usr/bin/env python3
"""Draw the loss curves of one or several runs: `tools/plot_run.py RUN [RUN …] --out loss.png`."""

import bootstrap  # noqa: F401
import dataclasses
from pathlib import Path
from typing import Annotated

import tyro
from agront_train.observers import metrics_files
from pictures import plot_runs
from terminal import check_picture_name, errors_as_sentences, make_console, read_options, say


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """What to draw."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN [RUN …]")]
    """Run folders of tools/pretrain.py, also of runs that are still training."""
    out: Path = Path("loss.png")
    """The picture to write; one that is there is written over."""

    def __post_init__(self) -> None:
        if not self.runs:
            raise ValueError("no run was given: name the folders of one or several runs")


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    command = read_options(Command, description=__doc__)
    with errors_as_sentences(""):
        check_picture_name("--out", command.out)
        plot_runs(metrics_files(command.runs), command.out)
        say(make_console(), f"drawn to {command.out}")


if __name__ == "__main__":
    main()
