"""Colours and markers for the values of a column, so that few or many categories can be told apart."""

import collections
from typing import NamedTuple

import matplotlib
import numpy as np

MOST_CATEGORIES = 48
"""Beyond it the rarest share one entry; AgroNT was trained on 48 species."""

# Whole numbers of so many different values, such as the labels 0 and 1, are names of classes.
_MOST_CLASSES = 10
_SHAPES = ("o", "^", "s", "D")


class Category(NamedTuple):
    """The rows that have a value, and how they are drawn."""

    name: str
    color: tuple[float, ...]
    marker: str
    rows: np.ndarray


def numbers_of(values: np.ndarray) -> np.ndarray | None:
    """The values as numbers to be shown on a scale; None where they are names, or few whole numbers."""
    if values.dtype.kind not in "iuf":
        return None
    finite = values[np.isfinite(values)]
    if np.unique(finite).size <= _MOST_CLASSES and (finite == np.round(finite)).all():
        return None
    return values.astype(np.float64)


def categories_of(values: np.ndarray) -> list[Category]:
    """Groups equal values, in alphabetical or numerical order; the rarest of very many as "other"."""
    names = [_name(value) for value in values]
    counts = collections.Counter(names)
    kept = list(counts)
    if len(counts) > MOST_CATEGORIES:
        kept = [name for name, _ in counts.most_common(MOST_CATEGORIES - 1)]
    kept.sort(key=lambda name: (_is_word(name), float("inf") if _is_word(name) else float(name), name))
    rows: dict[str, list[int]] = {name: [] for name in kept}
    others: list[int] = []
    for row, name in enumerate(names):
        rows.get(name, others).append(row)
    drawn = [
        Category(name, color, marker, np.array(rows[name], np.intp))
        for name, (color, marker) in zip(kept, _styles(len(kept)), strict=True)
    ]
    if others:
        name = f"{len(counts) - len(kept):,} others"
        drawn.append(Category(name, (0.75, 0.75, 0.75), ".", np.array(others, np.intp)))
    return drawn


def _styles(count: int) -> list[tuple[tuple[float, ...], str]]:
    """A colour and a marker each: up to ten by colour alone, more by twelve colours in four shapes."""
    if count <= 10:
        tab10 = matplotlib.colormaps["tab10"]
        return [(tab10(number), _SHAPES[0]) for number in range(count)]
    colors = [matplotlib.colormaps["Paired"](number) for number in range(12)]
    colors[10] = (0.85, 0.75, 0.0, 1.0)  # its yellow is hardly seen on white
    return [(colors[number % 12], _SHAPES[number // 12 % len(_SHAPES)]) for number in range(count)]


def _name(value: object) -> str:
    if isinstance(value, (float, np.floating)):
        return "missing" if np.isnan(value) else f"{value:g}"
    return str(value) or "missing"


def _is_word(name: str) -> bool:
    return not name.lstrip("+-").replace(".", "", 1).isdigit()
