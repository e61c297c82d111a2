"""A picture of how much each species is of a store, and of what a model sees."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from pictures.picture_file import save_picture


def draw_species_shares(
    names: Sequence[str], base_shares: Sequence[float], row_shares: Sequence[float], png: Path
) -> None:
    """Draw two bars for each species, the largest genome first.

    Args:
        names: of the species.
        base_shares: of the store's bases, 0 to 1.
        row_shares: of the training rows, after mixing, 0 to 1.
        png: the picture; written whole or not at all.
    """
    order = np.argsort(base_shares, kind="stable")[::-1]
    places = np.arange(len(names))
    figure = Figure(figsize=(9, 1.6 + 0.3 * len(names)), layout="constrained")
    axes = figure.add_subplot()
    height, largest = 0.4, max(*base_shares, *row_shares)
    for offset, shares, color, label in (
        (-height / 2, base_shares, "tab:gray", "of the store's bases"),
        (height / 2, row_shares, "tab:green", "of training rows"),
    ):
        ordered = np.asarray(shares)[order]
        axes.barh(places + offset, ordered, height, color=color, label=label)
        for place, share in zip(places + offset, ordered, strict=True):
            axes.text(share + 0.005 * largest, place, f"{share:.2%}", va="center", fontsize=6.5)
    axes.set_yticks(places, [names[index] for index in order], fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, 1.1 * largest)
    axes.xaxis.set_major_formatter(PercentFormatter(xmax=1))
    axes.set_xlabel("share")
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside upper left", ncols=2, fontsize="small", frameon=False)
    save_picture(figure, png, "--plot")
