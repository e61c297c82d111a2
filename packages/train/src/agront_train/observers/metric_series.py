"""Series of numbers by update, out of the metrics files of runs."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float64

METRICS_FILE = "metrics.jsonl"
"""The name of a run's metrics file in its folder."""


def metrics_files(runs: Sequence[Path]) -> dict[str, Path]:
    """The metrics file of each run by a short name that no other has: as many of its last folders as it takes.

    Args:
        runs: run folders.

    Raises:
        ValueError: no run is given, one is given twice, or a folder is no run or has made no update yet.
    """
    if not runs:
        raise ValueError("no run was given: name the folders of one or several runs")
    folders = [run.resolve() for run in runs]
    files = {}
    for run, folder in zip(runs, folders, strict=True):
        if folders.count(folder) > 1:
            raise ValueError(f"{run} is given twice: leave one out")
        file = folder / METRICS_FILE
        if not file.is_file():
            raise ValueError(f"{run} is no run of tools/pretrain.py: it holds no {METRICS_FILE}")
        if not file.read_bytes().strip():
            raise ValueError(f"{run} has made no update yet: draw it once it has")
        others = [other.parts for other in folders if other != folder]
        size = 1
        while any(other[-size:] == folder.parts[-size:] for other in others):
            size += 1
        name = "/".join(folder.parts[-size:])
        files[name.encode("utf-8", "backslashreplace").decode()] = file  # a picture can show text only
    return files


def metric_series(
    records: Sequence[Mapping[str, Any]], name: str
) -> tuple[Float64[np.ndarray, "N"], Float64[np.ndarray, "N"]]:
    """Steps and values of a number, of the N updates that have it: a skipped one has no loss.

    Args:
        records: as `read_metrics` gives them.
        name: the number's, such as `loss`.
    """
    return _series((record["step"], record.get(name)) for record in records)


def group_series(
    records: Sequence[Mapping[str, Any]],
) -> dict[str, tuple[Float64[np.ndarray, "_"], Float64[np.ndarray, "_"]]]:
    """Steps and held-out losses of each group, such as species, in alphabetical order."""
    losses = [(record["step"], record.get("held_out_loss_by_group") or {}) for record in records]
    names = sorted({name for _, by_group in losses for name in by_group})
    return {name: _series((step, by_group.get(name)) for step, by_group in losses) for name in names}


def smoothed_series(
    steps: Float64[np.ndarray, "N"], values: Float64[np.ndarray, "N"], width: int
) -> tuple[Float64[np.ndarray, "_"], Float64[np.ndarray, "_"]]:
    """Means of the last `width` values, from the first step on that has so many."""
    if not len(values):
        return steps, values
    return steps[width - 1 :], np.convolve(values, np.ones(width) / width, mode="valid")


def _series(
    points: Iterable[tuple[int, float | None]],
) -> tuple[Float64[np.ndarray, "N"], Float64[np.ndarray, "N"]]:
    steps, values = np.array([point for point in points if point[1] is not None], np.float64).reshape(-1, 2).T
    return steps, values
