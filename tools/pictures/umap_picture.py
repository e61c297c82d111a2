"""A picture of embeddings in two dimensions: points that lie close together have similar embeddings."""

import importlib.util
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pictures.colours import Category, categories_of, numbers_of
from pictures.picture_file import save_picture

FEWEST_POINTS = 3
"""Two points have a distance, but no shape."""
MOST_POINTS = 50_000
"""More would take longer to lay out than they add to the picture."""

_NEIGHBORS = 15  # the library's default
# Below so many points the library's spectral start has too few eigenvectors.
_FEW_POINTS = 10
_LEGEND_LINES, _LEGEND_LETTERS = 32, 32


def check_umap_is_installed() -> None:
    """To be called before the work that the picture is of.

    Raises:
        ValueError: it is missing; says how to get it.
    """
    if importlib.util.find_spec("umap") is None:
        raise ValueError("--umap needs the package umap-learn: python -m pip install umap-learn")


def chosen_points(num_rows: int) -> np.ndarray:
    """The rows to draw, in ascending order: all, or `MOST_POINTS` of them drawn by a fixed seed."""
    if num_rows <= MOST_POINTS:
        return np.arange(num_rows)
    return np.sort(np.random.default_rng(0).choice(num_rows, MOST_POINTS, replace=False))


def draw_umap(vectors: Float32[np.ndarray, "N D"], values: np.ndarray, title: str, legend: str, png: Path) -> None:
    """Lay embeddings out in the plane and draw them.

    Args:
        vectors: at least `FEWEST_POINTS` embeddings.
        values: what each is coloured by: words, or numbers.
        title: above the picture.
        legend: what the values are.
        png: the picture; written whole or not at all.
    """
    places = lay_out(vectors)
    figure = Figure(figsize=(8, 6.5), layout="constrained")
    axes = figure.add_subplot()
    size = float(np.clip(40_000 / len(places), 3, 40))
    numbers = numbers_of(values)
    if numbers is not None:
        order = _shuffled(np.arange(len(places)))
        _draw_numbers(figure, axes, places[order], numbers[order], size, legend)
    else:
        _draw_categories(figure, axes, places, categories_of(values), size, legend)
    axes.set_title(title, fontsize="medium", loc="left")
    axes.set_xlabel("UMAP 1")
    axes.set_ylabel("UMAP 2")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[["top", "right"]].set_visible(False)
    save_picture(figure, png, "--umap")


def lay_out(vectors: Float32[np.ndarray, "N D"]) -> Float32[np.ndarray, "N 2"]:
    """UMAP's two coordinates of each vector; the same in every run."""
    import umap  # optional, and takes seconds to import

    few = len(vectors) < _FEW_POINTS
    start = "random" if few else "spectral"
    neighbors = min(_NEIGHBORS, len(vectors) - 1)
    return umap.UMAP(n_neighbors=neighbors, init=start, random_state=0, n_jobs=1).fit_transform(vectors)


def _draw_numbers(
    figure: Figure, axes: Axes, places: np.ndarray, numbers: np.ndarray, size: float, legend: str
) -> None:
    known, (x, y) = np.isfinite(numbers), places.T
    axes.scatter(x[~known], y[~known], s=size, color="lightgray", linewidths=0)
    points = axes.scatter(x[known], y[known], s=size, c=numbers[known], cmap="viridis", linewidths=0)
    figure.colorbar(points, ax=axes, label=legend if known.all() else f"{legend} (gray: missing)")


def _draw_categories(
    figure: Figure, axes: Axes, places: np.ndarray, categories: list[Category], size: float, legend: str
) -> None:
    for marker in dict.fromkeys(category.marker for category in categories):
        shown = [category for category in categories if category.marker == marker]
        rows = _shuffled(np.concatenate([category.rows for category in shown]))
        colors = np.zeros((len(places), 3))
        for category in shown:
            colors[category.rows] = category.color[:3]
        x, y = places[rows].T
        axes.scatter(x, y, s=size, c=colors[rows], marker=marker, linewidths=0, alpha=0.8)
    style = {"linestyle": "none", "markeredgewidth": 0, "markersize": 6}
    keys = [
        Line2D([], [], color=each.color, marker=each.marker, label=_entry(each), **style)  # type: ignore[arg-type]
        for each in categories
    ]
    columns = -(-len(keys) // _LEGEND_LINES)
    figure.set_size_inches(figure.get_figwidth() + 2.4 * (columns - 1), figure.get_figheight())
    font = "small" if columns == 1 else "x-small"
    figure.legend(handles=keys, loc="outside right upper", title=legend, ncols=columns, fontsize=font, frameon=False)


def _entry(category: Category) -> str:
    name = category.name if len(category.name) <= _LEGEND_LETTERS else f"{category.name[: _LEGEND_LETTERS - 1]}…"
    return f"{name} ({len(category.rows):,})"


def _shuffled(rows: np.ndarray) -> np.ndarray:
    """Rows in an order of no meaning: of points that hide each other no group lies above all others."""
    return np.random.default_rng(0).permutation(rows)
