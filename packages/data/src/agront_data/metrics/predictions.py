"""`prediction_figures`: how good predictions of labels are, by the figures of their field, with bootstrap intervals."""

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    matthews_corrcoef,
    mean_squared_error,
    r2_score,
    roc_auc_score,
)

_NUM_SAMPLES = 200
_TAILS = (2.5, 97.5)

_Figures = dict[str, Callable[[np.ndarray, np.ndarray], float]]
_OF_PROBABILITIES: _Figures = {
    "AUROC": roc_auc_score,
    "AUPRC": average_precision_score,
    "MCC": lambda truth, predicted: matthews_corrcoef(truth, predicted >= 0.5),
    "F1": lambda truth, predicted: f1_score(truth, predicted >= 0.5, zero_division=0),
    "accuracy": lambda truth, predicted: accuracy_score(truth, predicted >= 0.5),
}
_OF_CLASSES: _Figures = {
    "AUROC": lambda truth, predicted: float(
        np.mean([roc_auc_score(truth == number, predicted[:, number]) for number in np.unique(truth).astype(int)])
    ),
    "MCC": lambda truth, predicted: matthews_corrcoef(truth, predicted.argmax(axis=1)),
    "F1": lambda truth, predicted: f1_score(truth, predicted.argmax(axis=1), average="macro", zero_division=0),
    "accuracy": lambda truth, predicted: accuracy_score(truth, predicted.argmax(axis=1)),
}
_OF_NUMBERS: _Figures = {
    "R2": r2_score,
    "squared Pearson": lambda truth, predicted: pearsonr(truth, predicted)[0] ** 2,
    "Spearman": lambda truth, predicted: spearmanr(truth, predicted)[0],
    "MSE": mean_squared_error,
}


class Figure(NamedTuple):
    """One figure of how good predictions are.

    Attributes:
        target: Name of the label; "mean" of the mean over several.
        name: Such as "AUROC". Of classes AUROC and F1 are means over classes, each against all others. R2 is the
            coefficient of determination; "squared Pearson", which some papers print as R², is the square of the
            correlation, which scale and shift do not change.
        value: The figure; NaN where it is not defined, as AUROC of one class alone.
        low: Lower end of its 95 % interval, by bootstrap over sequences.
        high: Upper end.
        num: Sequences with this label.
    """

    target: str
    name: str
    value: float
    low: float
    high: float
    num: int


def prediction_figures(
    kind: Literal["binary", "classes", "multi-label", "regression"],
    truth: Float[np.ndarray, "N K"],
    predictions: Float[np.ndarray, "N P"],
    targets: Sequence[str],
    *,
    seed: int = 0,
) -> list[Figure]:
    """Compares predictions with labels. AUROC, AUPRC, MCC, F1 and accuracy of labels, at 0.5; R2 and others of numbers.

    Args:
        kind: What labels are.
        truth: Labels; of `classes` one column, the number of the class; NaN where one is missing.
        predictions: Probabilities of each label or class; or numbers in the units of the labels.
        targets: Names of the columns of `truth`.
        seed: Of the samples.

    Returns:
        The figures of each target, and of several their mean.
    """
    if kind == "classes":
        return _figures(targets[0], truth[:, 0], predictions, _OF_CLASSES, seed)
    figures = _OF_NUMBERS if kind == "regression" else _OF_PROBABILITIES
    columns = zip(targets, truth.T, predictions.T, strict=True)
    found = [each for name, one, other in columns for each in _figures(name, one, other, figures, seed)]
    if len(targets) < 2:
        return found
    for name in figures:
        of_name = [each for each in found if each.name == name and not math.isnan(each.value)]
        if of_name:
            value, low, high = np.mean([each[2:5] for each in of_name], axis=0).tolist()
            found.append(Figure("mean", name, value, low, high, sum(each.num for each in of_name)))
    return found


def _figures(target: str, truth: np.ndarray, predicted: np.ndarray, figures: _Figures, seed: int) -> list[Figure]:
    known = np.isfinite(truth)
    truth, predicted = np.asarray(truth[known], np.float64), np.asarray(predicted[known], np.float64)
    rng = np.random.default_rng(seed)
    samples = [rng.integers(0, truth.size, truth.size) for _ in range(_NUM_SAMPLES if truth.size else 0)]
    found = []
    for name, figure in figures.items():
        drawn = [_value(figure, truth[sample], predicted[sample]) for sample in samples]
        defined = [each for each in drawn if not math.isnan(each)]
        low, high = np.percentile(defined, _TAILS) if defined else (math.nan, math.nan)
        found.append(Figure(target, name, _value(figure, truth, predicted), float(low), float(high), truth.size))
    return found


def _value(figure: Callable[[np.ndarray, np.ndarray], float], truth: np.ndarray, predicted: np.ndarray) -> float:
    """The figure; NaN where labels are too few or all the same, or where it is not defined."""
    if truth.size < 2 or np.ptp(truth) == 0:
        return math.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of correlations with predictions that are all the same
        return float(figure(truth, predicted))
