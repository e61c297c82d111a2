"""A picture of a dependency map: substituted positions from top to bottom, what they change from left to right."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from agront_data.bases import decode_bases
from agront_data.regions import GeneModel, Region, genes_within, in_lanes, text_of_place
from jaxtyping import Float32, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pictures.gene_track import draw_genes, height_of_genes
from pictures.inches import add_axes
from pictures.picture_file import save_picture

_DEEPEST = 0.5  # percent share the deepest colour: bases of one token would leave all else white
_MOST_LETTERS = 80
_DOTS, _SIDE_DOTS, _MOST_DOTS = 150, 900, 1350  # an inch; whole dots a base, as far as they fit
# Inches.
_LEFT, _RIGHT, _TOP, _LETTERS, _BOTTOM = 0.8, 1.2, 0.35, 0.2, 0.6


def draw_dependencies(
    region: Region,
    bases: UInt8[np.ndarray, "L"],
    values: Float32[np.ndarray, "L L"],
    genes: Sequence[GeneModel],
    path: Path,
) -> None:
    """Draw a map.

    Args:
        region: the region.
        bases: codes of its forward strand.
        values: the map, [substituted, changed], such as of `dependency_rows`; NaN is grey.
        genes: of its contig, for below.
        path: the picture, PNG, SVG or PDF; written whole or not at all.
    """
    lanes, size = in_lanes(genes_within(genes, region.start, region.end)), len(bases)
    above = _TOP + (_LETTERS if size <= _MOST_LETTERS else 0)
    side = min(max(1, _SIDE_DOTS // size) * size, _MOST_DOTS) / _DOTS
    genes_height = height_of_genes(lanes)
    width, height = _LEFT + side + _RIGHT, above + side + genes_height + _BOTTOM
    figure = Figure(figsize=(width, height))

    edges = (region.start + 0.5, region.end + 0.5)
    others = values[~np.eye(size, dtype=bool) & np.isfinite(values)]
    largest = max(float(np.percentile(others, 100 - _DEEPEST)), 1e-6) if others.size else 1.0
    axes = [add_axes(figure, _LEFT, above, side, side)]
    image = axes[0].imshow(
        np.ma.masked_invalid(values),
        cmap=mpl.colormaps["magma_r"].with_extremes(bad="0.85"),
        vmin=0,
        vmax=largest,
        aspect="auto",
        extent=(*edges, *edges[::-1]),
    )
    axes[0].set_ylabel("substituted position", fontsize=8)
    if size <= _MOST_LETTERS:
        _write_letters(axes[0], decode_bases(bases), region.start + 1, 0.8 * 72 * side / size)
    if lanes:
        axes.append(add_axes(figure, _LEFT, above + side, side, genes_height))
        draw_genes(axes[1], lanes, edges)
    for each in axes:
        each.set_xlim(*edges)
        each.tick_params(labelsize=7, length=2, labelbottom=each is axes[-1])
    for axis in (axes[0].yaxis, *(each.xaxis for each in axes)):
        axis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10], integer=True))
        axis.set_major_formatter("{x:,.0f}")
    axes[-1].set_xlabel(f"position whose odds change ({region.contig}, forward strand, from 1)", fontsize=8)
    bar = figure.colorbar(image, cax=add_axes(figure, width - _RIGHT + 0.3, above, 0.14, side), extend="max")
    bar.set_label(f"largest |difference of log2 odds|; the top {_DEEPEST} % share the deepest colour", fontsize=7)
    bar.ax.tick_params(labelsize=7)
    place = f"{text_of_place(region.contig, region.start, region.end)} ({region.strand})"
    title = place if region.name in place else f"{region.name}, {place}"
    figure.suptitle(f"dependencies of {title}", x=_LEFT / width, y=1 - 0.1 / height, ha="left", va="top", fontsize=9)
    save_picture(figure, path, "--dependencies", dpi=_DOTS)


def _write_letters(axes: Axes, letters: str, first: int, points: float) -> None:
    """Write the sequence above and to the right."""
    size = min(7, points)
    for position, letter in enumerate(letters, first):
        axes.text(position, 1.005, letter, size=size, ha="center", va="bottom", transform=axes.get_xaxis_transform())
        axes.text(1.005, position, letter, size=size, ha="left", va="center", transform=axes.get_yaxis_transform())
