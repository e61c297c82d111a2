"""A picture of all substitutions of a region: a logo, a heatmap, and the genes below; long regions in several rows."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from agront_data.regions import GeneModel, Region, genes_within, in_lanes, text_of_place
from agront_data.variants import SUBSTITUTION_LETTERS, is_reference, logo_heights
from jaxtyping import Float64, UInt8
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pictures.gene_track import draw_genes, height_of_genes
from pictures.inches import add_axes
from pictures.picture_file import save_picture
from pictures.sequence_logo import draw_logo

MOST_BASES = 6_000
"""A picture of more has more points than formats hold and screens show."""

_ROW_BASES = 150
# Inches.
_BASE, _LEFT, _RIGHT, _TOP, _GAP = 0.09, 0.75, 1.15, 0.4, 0.5
_LOGO, _MAP = 0.8, 0.7


def check_effects_can_be_drawn(region: Region) -> None:
    """Refuse a region of more than `MOST_BASES`."""
    if region.end - region.start > MOST_BASES:
        raise ValueError(
            f"--plot draws regions of {MOST_BASES:,} bases at most, and {region.name} has "
            f"{region.end - region.start:,}; leave it out, and look at a track: --bedgraph"
        )


def draw_effects(
    region: Region,
    bases: UInt8[np.ndarray, "L"],
    effects: Float64[np.ndarray, "L 4"],
    genes: Sequence[GeneModel],
    path: Path,
) -> None:
    """Draw what each substitution does, and what the model expects.

    Args:
        region: the region.
        bases: codes of its forward strand.
        effects: scores of A, C, G, T at each position, as of `Saturation.effects`.
        genes: of its contig.
        path: the picture, PNG, SVG or PDF; written whole or not at all.
    """
    lanes = in_lanes(genes_within(genes, region.start, region.end))
    num_rows = -(-len(bases) // _ROW_BASES)
    columns = -(-len(bases) // num_rows)
    genes_height = height_of_genes(lanes)
    width = _LEFT + max(columns * _BASE, 4.5) + _RIGHT
    row_height = _LOGO + _MAP + genes_height + _GAP
    height = _TOP + num_rows * row_height + 0.1
    figure = Figure(figsize=(width, height))

    wide = width - _LEFT - _RIGHT
    letters, marked = logo_heights(effects), is_reference(effects, bases)
    colours = mpl.colormaps["RdBu"].with_extremes(bad="0.85")
    # A few extreme scores would leave all others white.
    largest = max(float(np.nanpercentile(np.abs(effects), 99)), 1e-6) if np.isfinite(effects).any() else 1.0
    for row in range(num_rows):
        part, top = slice(row * columns, min((row + 1) * columns, len(bases))), _TOP + row * row_height
        first = region.start + 1 + part.start
        edges = (first - 0.5, first + columns - 0.5)
        axes = [add_axes(figure, _LEFT, top, wide, _LOGO), add_axes(figure, _LEFT, top + _LOGO, wide, _MAP)]
        draw_logo(axes[0], letters[part], first)
        axes[0].set_ylim(0, 1.05 * max(float(letters.sum(axis=1).max()), 1e-6))
        axes[0].set_ylabel("bits", fontsize=7)
        image = axes[1].imshow(
            np.ma.masked_invalid(effects[part].T),
            cmap=colours,
            vmin=-largest,
            vmax=largest,
            aspect="auto",
            interpolation="nearest",
            extent=(first - 0.5, region.start + part.stop + 0.5, 3.5, -0.5),
        )
        places, rows = np.nonzero(marked[part])
        axes[1].plot(first + places, rows, "k.", markersize=2.5)
        axes[1].set_yticks(range(4), list(SUBSTITUTION_LETTERS), fontsize=7)
        if lanes:
            axes.append(add_axes(figure, _LEFT, top + _LOGO + _MAP, wide, genes_height))
            draw_genes(axes[2], lanes, edges)
        for each in axes:
            each.set_xlim(*edges)
            each.tick_params(labelsize=7, length=2, labelbottom=each is axes[-1])
            each.xaxis.set_major_locator(MaxNLocator(nbins=int((width - _LEFT - _RIGHT) / 0.8), steps=[1, 2, 5, 10]))
            each.xaxis.set_major_formatter("{x:,.0f}")
    axes[-1].set_xlabel(f"{region.contig}, forward strand, bases counted from 1", fontsize=8)
    bar = figure.colorbar(image, cax=add_axes(figure, width - _RIGHT + 0.15, _TOP, 0.12, _LOGO + _MAP), extend="both")
    bar.set_label("log p(alternative) - log p(reference)", fontsize=7)
    bar.ax.tick_params(labelsize=7)
    place = f"{text_of_place(region.contig, region.start, region.end)} ({region.strand})"
    title = place if region.name in place else f"{region.name}, {place}"
    figure.suptitle(title, x=_LEFT / width, y=1 - 0.1 / height, ha="left", va="top", fontsize=9)
    save_picture(figure, path, "--plot")
