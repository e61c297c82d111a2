"""The loss curve of a run as a PNG."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from agront_train.metrics import read_metrics
from agront_train.whole_file import write_whole


def plot_losses(metrics: Path, png: Path, *, baselines: Mapping[str, float] | None = None) -> None:
    """Draw training and held-out loss against the step, and baselines as level lines.

    Args:
        metrics: a run's `metrics.jsonl`.
        png: the picture; written whole or not at all.
        baselines: held-out losses by name, nats a token.

    Raises:
        ValueError: the file holds no update.
    """
    records = list(read_metrics(metrics))
    if not records:
        raise ValueError(f"{metrics} holds no update: nothing to draw")
    steps = np.array([record["step"] for record in records])
    losses = np.array([record["loss"] for record in records])
    held_out = [(record["step"], record["held_out_loss"]) for record in records if "held_out_loss" in record]

    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(steps, losses, color="tab:blue", alpha=0.25, linewidth=0.8, label="training, each update")
    width = max(1, len(losses) // 40)
    if width > 1:
        smooth = np.convolve(losses, np.ones(width) / width, mode="valid")
        axes.plot(steps[width - 1 :], smooth, color="tab:blue", label=f"training, mean of {width} updates")
    if held_out:
        axes.plot(*zip(*held_out, strict=True), "o-", color="tab:orange", markersize=4, label="held-out at <mask>")
    for (name, loss), style in zip((baselines or {}).items(), ("--", ":", "-."), strict=False):
        axes.axhline(loss, color="black", linestyle=style, linewidth=1, label=f"{name}: {loss:.3f}")

    # The first updates start at the loss of guessing and would flatten all that is of interest.
    levels = np.concatenate(
        [losses[len(losses) // 20 :], [loss for _, loss in held_out], list((baselines or {}).values())]
    )
    margin = 0.05 * (levels.max() - levels.min()) + 1e-3
    axes.set_ylim(levels.min() - margin, levels.max() + margin)
    axes.set_xlabel("update")
    axes.set_ylabel("cross-entropy, nats a token")
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize="small")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    write_whole(png, picture.getvalue())
