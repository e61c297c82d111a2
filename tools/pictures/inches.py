"""Axes placed in inches from the left and upper edge of a picture."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure


def add_axes(figure: Figure, left: float, top: float, wide: float, tall: float) -> Axes:
    """Add axes to a figure; all in inches, the place counted from its left and upper edge."""
    width, height = figure.get_size_inches()
    return figure.add_axes((left / width, (height - top - tall) / height, wide / width, tall / height))
