"""Loss curves as PNG: of one run at its end, or of several runs in one picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from agront_train.observers import group_series, metric_series, read_metrics, smoothed_series
from jaxtyping import Float64
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pictures.picture_file import save_picture

# A legend with more curves than this hides the picture, and one curve alone is the mean itself.
_GROUPS_DRAWN = range(2, 13)


def plot_losses(metrics: Path, png: Path, *, baselines: Mapping[str, float] | None = None) -> None:
    """Draw training and held-out loss against the step, and baselines as level lines.

    Where the held-out loss was measured in 2 to 12 groups, such as species, each has a thin line.

    Args:
        metrics: a run's `metrics.jsonl`.
        png: the picture; written whole or not at all.
        baselines: held-out losses by name, nats a token.

    Raises:
        ValueError: the file holds no update.
    """
    records = _read(metrics)
    held_out = metric_series(records, "held_out_loss")
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    steps, losses = metric_series(records, "loss")
    axes.plot(steps, losses, color="tab:blue", alpha=0.25, linewidth=0.8, label="training, each update")
    width = max(1, len(losses) // 40)
    if width > 1:
        axes.plot(*smoothed_series(steps, losses, width), color="tab:blue", label=f"training, mean of {width} updates")
    if len(held_out[0]):
        axes.plot(*held_out, "o-", color="tab:orange", markersize=4, label="held-out at <mask>", zorder=3)
    groups, by_group = group_series(records), []
    if len(groups) in _GROUPS_DRAWN:
        for (group, points), colour in zip(
            groups.items(), mpl.colormaps["viridis"](np.linspace(0, 0.9, len(groups))), strict=True
        ):
            axes.plot(*points, ".-", color=colour, linewidth=0.7, markersize=2, label=f"held-out, {group}")
            by_group.append(points[1])
    for (name, loss), style in zip((baselines or {}).items(), ("--", ":", "-."), strict=False):
        axes.axhline(loss, color="black", linestyle=style, linewidth=1, label=f"{name}: {loss:.3f}")
    _limit(axes, [losses[len(losses) // 20 :], held_out[1], *by_group, np.array(list((baselines or {}).values()))])
    _finish(axes)
    save_picture(figure, png, dpi=120)


def plot_runs(runs: Mapping[str, Path], png: Path) -> None:
    """Draw the losses of one or several runs in one picture, and their learning rates below.

    The training loss is a line, smoothed over a fortieth of the run; the held-out loss a dashed one with dots.

    Args:
        runs: each run's `metrics.jsonl` by the name to show it under.
        png: the picture; written whole or not at all.

    Raises:
        ValueError: there is no run, or a file holds no update.
    """
    if not runs:
        raise ValueError("no run was given: nothing to draw")
    figure = Figure(figsize=(9, 7), layout="constrained")
    axes, below = figure.subplots(2, height_ratios=(4, 1), sharex=True)
    colours = mpl.colormaps["tab10" if len(runs) <= 10 else "turbo"]
    levels = []
    for number, (name, metrics) in enumerate(runs.items()):
        records = _read(metrics)
        colour = colours(number) if len(runs) <= 10 else colours(number / (len(runs) - 1))
        steps, losses = metric_series(records, "loss")
        curve = smoothed_series(steps, losses, max(1, len(losses) // 40))
        held_out = metric_series(records, "held_out_loss")
        last = f", held-out {held_out[1][-1]:.3f}" if len(held_out[1]) else ""
        axes.plot(steps, losses, color=colour, alpha=0.6 / (2 + len(runs)), linewidth=0.6)
        axes.plot(*curve, color=colour, label=f"{name}{last}", marker="." if len(losses) == 1 else None)
        axes.plot(*held_out, "o--", color=colour, markersize=4, linewidth=1)
        below.plot(*metric_series(records, "learning_rate"), color=colour, linewidth=1)
        levels += [curve[1][len(curve[1]) // 20 :], held_out[1]]
    axes.plot([], [], color="grey", label="training")
    axes.plot([], [], "o--", color="grey", markersize=4, linewidth=1, label="held-out at <mask>")
    _limit(axes, levels)
    _finish(axes)
    axes.set_xlabel("")
    below.set_xlabel("update")
    below.set_ylabel("learning rate")
    below.ticklabel_format(axis="y", style="sci", scilimits=(0, 0))
    below.grid(alpha=0.3)
    save_picture(figure, png, "--out", dpi=120)


def _read(metrics: Path) -> list[dict[str, Any]]:
    records = list(read_metrics(metrics))
    if not records:
        raise ValueError(f"{metrics} holds no update: nothing to draw")
    return records


def _limit(axes: Axes, levels: Sequence[Float64[np.ndarray, "N"]]) -> None:
    """The first updates start at the loss of guessing and would flatten all that is of interest: leave them out."""
    values = np.concatenate(levels)
    if len(values):
        margin = 0.05 * (values.max() - values.min()) + 1e-3
        axes.set_ylim(values.min() - margin, values.max() + margin)


def _finish(axes: Axes) -> None:
    axes.set_xlabel("update")
    axes.set_ylabel("cross-entropy, nats a token")
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize="small")
