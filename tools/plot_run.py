#!/usr/bin/env python3
"""Draw the loss curves of one or several runs: `tools/plot_run.py RUN [RUN …] --out loss.png`."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import tyro
from pictures import plot_runs
from terminal import check_folder_of, errors_as_sentences, make_console, say


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """What to draw."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN [RUN …]")]
    """Run folders of tools/pretrain.py, also of runs that are still training."""
    out: Path = Path("loss.png")
    """The picture to write; one that is there is written over."""


def metrics_of(runs: Sequence[Path]) -> dict[str, Path]:
    """Each run's metrics by a short name that no other has: as many of its last folders as it takes.

    Raises:
        ValueError: no run is given, one is given twice, or a folder is no run or has made no update yet.
    """
    if not runs:
        raise ValueError("no run was given: name the folders of one or several runs")
    folders = [run.resolve() for run in runs]
    metrics = {}
    for run, folder in zip(runs, folders, strict=True):
        if folders.count(folder) > 1:
            raise ValueError(f"{run} is given twice: leave one out")
        file = folder / "metrics.jsonl"
        if not file.is_file():
            raise ValueError(f"{run} is no run of tools/pretrain.py: it holds no metrics.jsonl")
        if not file.read_bytes().strip():
            raise ValueError(f"{run} has made no update yet: draw it once it has")
        others = [other.parts for other in folders if other != folder]
        size = 1
        while any(other[-size:] == folder.parts[-size:] for other in others):
            size += 1
        metrics["/".join(folder.parts[-size:])] = file
    return metrics


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    command = tyro.cli(Command, description=__doc__)
    with errors_as_sentences(""):
        check_folder_of("--out", command.out)
        plot_runs(metrics_of(command.runs), command.out)
        say(make_console(), f"drawn to {command.out}")


if __name__ == "__main__":
    main()
