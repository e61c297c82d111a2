"""Genes as lines with boxes: exons low, coding parts high, arrows in the direction of the strand."""

from collections.abc import Sequence

import numpy as np
from agront_data.regions import GeneModel
from matplotlib.axes import Axes

_EXON, _CODING = 0.24, 0.44  # of a lane's height
_COLOUR = "#35608d"
_ARROWS = {"+": ">", "-": "<"}
_LANE = 0.3  # inches


def height_of_genes(lanes: Sequence[object]) -> float:
    """Inches that lanes of genes take below a picture."""
    return _LANE * (len(lanes) + 0.25) if lanes else 0


def draw_genes(axes: Axes, lanes: Sequence[Sequence[GeneModel]], edges: tuple[float, float]) -> None:
    """Draw the genes of lanes, the first above, as far as they lie between two positions, counted from 1."""
    for number, lane in enumerate(lanes):
        for gene in lane:
            left, right = max(gene.start + 0.5, edges[0]), min(gene.end + 0.5, edges[1])
            if left >= right:
                continue
            axes.plot((left, right), (number, number), color=_COLOUR, linewidth=0.8)
            for pieces, height in ((gene.exons, _EXON), (gene.coding, _CODING)):
                spans = [(start + 0.5, end - start) for start, end in pieces]
                axes.broken_barh(spans, (number - height / 2, height), color=_COLOUR, linewidth=0)
            if gene.strand in _ARROWS:
                arrows = np.arange(left + 6, right, 12)
                axes.plot(
                    arrows,
                    np.full(arrows.size, number),
                    _ARROWS[gene.strand],
                    color="white",
                    markersize=3.5,
                    markeredgewidth=0.5,
                    markeredgecolor=_COLOUR,
                )
            axes.text(left, number - 0.24, f" {gene.name}", fontsize=6, va="bottom", clip_on=True)
    axes.set_ylim(len(lanes) - 0.5, -0.75)
    axes.set_yticks([])
