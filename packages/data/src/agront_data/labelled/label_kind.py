"""`LabelKind`: what labels are; and labels as text to numbers that a model can learn."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Float32, Float64

LabelKind = Literal["binary", "classes", "multi-label", "regression"]
"""What labels are.

| kind | each label column holds |
|---|---|
| `binary` | 0 or 1; one column |
| `classes` | the name of one of several classes; one column |
| `multi-label` | 0 or 1; two columns or more |
| `regression` | a number; one column or more |

An empty field, NA or nan is a missing label.
"""

_MISSING = ("", "na", "nan", "none", "null", ".")
_TRUE_OR_FALSE = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "false": 0.0, "true": 1.0}


@dataclasses.dataclass(frozen=True)
class LabelScale:
    """How labels become numbers, learned from the sequences that are trained on.

    Attributes:
        kind: What they are.
        names: Of the label columns.
        classes: Of `classes`, their names in order; a class is its number.
        means: Of `regression`, of each column; what is learned is (value − mean) / deviation.
        deviations: Of `regression`, the standard deviation of each column.
    """

    kind: LabelKind
    names: tuple[str, ...]
    classes: tuple[str, ...] = ()
    means: tuple[float, ...] = ()
    deviations: tuple[float, ...] = ()

    @property
    def num_outputs(self) -> int:
        """Numbers that a model predicts for a sequence."""
        return len(self.classes) if self.kind == "classes" else len(self.names)

    def encode(self, rows: Sequence[Sequence[str]], sources: Sequence[str]) -> Float32[np.ndarray, "N K"]:
        """Turns labels into numbers; NaN where one is missing.

        Args:
            rows: The labels of each sequence, one for each of the names.
            sources: File and row of each, for messages.

        Raises:
            ValueError: A label is none of this kind, or a class that is not among the known ones.
        """
        if self.kind == "classes":
            numbers = {name: float(number) for number, name in enumerate(self.classes)}
            of_rows = [self._class_number(row[0], source, numbers) for row, source in zip(rows, sources, strict=True)]
            return np.array(of_rows, np.float32).reshape(len(rows), 1)
        values = _numbers(rows, sources, self.names, self.kind).reshape(len(rows), len(self.names))
        if self.kind == "regression":
            values = (values - np.array(self.means)) / np.array(self.deviations)
        return values.astype(np.float32)

    def decode(self, predictions: Float64[np.ndarray, "N K"]) -> Float64[np.ndarray, "N K"]:
        """Turns what a model predicts into probabilities, or into the units of the labels.

        Args:
            predictions: Logits, or standardised numbers.
        """
        if self.kind == "regression":
            return predictions * np.array(self.deviations) + np.array(self.means)
        if self.kind == "classes":
            weights = np.exp(predictions - predictions.max(axis=-1, keepdims=True))
            return weights / weights.sum(axis=-1, keepdims=True)
        return 1 / (1 + np.exp(-predictions))

    def to_json(self) -> dict[str, Any]:
        """The same as JSON-able values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "LabelScale":
        """Reads what `to_json` has made."""
        others = {name: tuple(each) for name, each in values.items() if name != "kind"}
        return cls(values["kind"], **others)

    def _class_number(self, text: str, source: str, numbers: Mapping[str, float]) -> float:
        if _is_missing(text):
            return math.nan
        if text.strip() not in numbers:
            known = ", ".join(self.classes[:8])
            raise ValueError(
                f"{source}: {self.names[0]} is {text!r}, a class that no sequence to train on has; those have {known}"
            )
        return numbers[text.strip()]


def learn_scale(
    rows: Sequence[Sequence[str]], sources: Sequence[str], names: Sequence[str], kind: LabelKind
) -> LabelScale:
    """Finds classes, or mean and deviation, of the labels of the sequences that are trained on.

    Args:
        rows: As for `LabelScale.encode`.
        sources: Likewise.
        names: Of the label columns.
        kind: What they are.

    Raises:
        ValueError: A label is none of this kind, there are too many or too few columns, all are missing, or there is
            one value only: nothing could be learned.
    """
    names = tuple(names)
    if kind in ("binary", "classes") and len(names) != 1:
        raise ValueError(f"{kind} labels are one column, and {len(names)} are named: {', '.join(names)}")
    if kind == "multi-label" and len(names) < 2:
        raise ValueError(f"multi-label needs two label columns or more, and {', '.join(names)} alone is named")
    if kind == "classes":
        classes = sorted({row[0].strip() for row in rows if not _is_missing(row[0])}, key=_natural)
        if len(classes) < 2:
            found = f"have the class {classes[0]!r}" if classes else "lack a class"
            raise ValueError(f"{names[0]}: all sequences to train on {found}; classes must differ to be learned")
        return LabelScale(kind, names, tuple(classes))
    values = _numbers(rows, sources, names, kind)
    for name, column in zip(names, values.T, strict=True):
        known = column[np.isfinite(column)]
        if not known.size or known.min() == known.max():
            found = f"all are {known[0]:g}" if known.size else "all are missing"
            raise ValueError(f"{name}: of the sequences to train on {found}; labels must differ to be learned")
    if kind != "regression":
        return LabelScale(kind, names)
    means, deviations = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    return LabelScale(kind, names, means=tuple(means.tolist()), deviations=tuple(deviations.tolist()))


def guess_kind(rows: Sequence[Sequence[str]]) -> LabelKind:
    """Guesses what labels are: 0 and 1 alone, other numbers, or names."""
    texts = [text.strip().lower() for row in rows for text in row if not _is_missing(text)]
    several = bool(rows) and len(rows[0]) > 1
    if all(text in _TRUE_OR_FALSE for text in texts):
        return "multi-label" if several else "binary"
    try:
        for text in texts:
            float(text)
    except ValueError:
        return "classes"
    return "regression"


def _numbers(
    rows: Sequence[Sequence[str]], sources: Sequence[str], names: Sequence[str], kind: LabelKind
) -> Float64[np.ndarray, "_N _K"]:
    values = np.full((len(rows), len(names)), np.nan)
    for number, (row, source) in enumerate(zip(rows, sources, strict=True)):
        for place, text in enumerate(row):
            if not _is_missing(text):
                values[number, place] = _number(text, source, names[place], kind)
    return values


def _number(text: str, source: str, name: str, kind: LabelKind) -> float:
    if kind != "regression":
        if text.strip().lower() not in _TRUE_OR_FALSE:
            raise ValueError(f"{source}: {name} is {text!r}; {kind} labels are 0 or 1")
        return _TRUE_OR_FALSE[text.strip().lower()]
    try:
        value = float(text)
    except ValueError as error:
        raise ValueError(f"{source}: {name} is {text!r}, which is no number") from error
    if not math.isfinite(value):
        raise ValueError(f"{source}: {name} is {text!r}; a label must be finite, or empty where it is missing")
    return value


def _is_missing(text: str) -> bool:
    return text.strip().lower() in _MISSING


def _natural(name: str) -> tuple[bool, float, str]:
    """Sorts numbers by value, before names."""
    try:
        return False, float(name), name
    except ValueError:
        return True, 0.0, name
