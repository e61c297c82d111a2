"""`agreement`: AUROC and AUPRC with labels, Spearman's correlation with measured effects, with bootstrap intervals."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64
from scipy.stats import rankdata

_NUM_SAMPLES = 1000
_NUMBERS_AT_ONCE = 1 << 22
_TAILS = (2.5, 97.5)


class Agreement(NamedTuple):
    """One figure of how well scores agree with the truth.

    Attributes:
        name: "AUROC", "AUPRC" or "Spearman".
        value: The figure; of AUROC and AUPRC that of higher scores for the label 1.
        low: Lower end of its 95 % interval, by bootstrap.
        high: Upper end.
        num: How many pairs of score and truth it is of.
    """

    name: str
    value: float
    low: float
    high: float
    num: int


def agreement(truth: Float[np.ndarray, "N"], scores: Float[np.ndarray, "N"], *, seed: int = 0) -> list[Agreement]:
    """Compares scores with labels (0 and 1), or with numbers.

    Intervals are percentiles of the figure over 1,000 samples drawn with replacement.

    Args:
        truth: Labels where all are 0 or 1, else measured numbers; NaN where unknown.
        scores: Scores; NaN where there is none. A pair with a NaN is left out.
        seed: Of the samples.

    Returns:
        AUROC and AUPRC of labels, Spearman's correlation of numbers; none of fewer than three pairs, or where all
        labels or all scores are the same.
    """
    known = np.isfinite(truth) & np.isfinite(scores)
    truth, scores = np.asarray(truth[known], np.float64), np.asarray(scores[known], np.float64)
    if truth.size < 3 or np.ptp(truth) == 0 or np.ptp(scores) == 0:
        return []
    are_labels = set(np.unique(truth)) == {0.0, 1.0}
    figures = {"AUROC": auroc, "AUPRC": auprc} if are_labels else {"Spearman": spearman}
    samples = {name: _over_samples(figure, truth, scores, seed) for name, figure in figures.items()}
    found = []
    for name, figure in figures.items():
        low, high = np.nanpercentile(samples[name], _TAILS)
        found.append(Agreement(name, float(figure(truth[None], scores[None])[0]), float(low), float(high), truth.size))
    return found


def auroc(labels: Float64[np.ndarray, "S N"], scores: Float64[np.ndarray, "S N"]) -> Float64[np.ndarray, "S"]:
    """Returns the share of pairs of a 1 and a 0 in which the 1 has the higher score, half of those that are alike.

    It is NaN where all labels are the same, here and below.
    """
    positive = labels.sum(axis=1)
    ranks = (rankdata(scores, axis=1) * labels).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (ranks - positive * (positive + 1) / 2) / (positive * (labels.shape[1] - positive))


def auprc(labels: Float64[np.ndarray, "S N"], scores: Float64[np.ndarray, "S N"]) -> Float64[np.ndarray, "S"]:
    """Returns the average precision: that at the score of each 1, among all that have this score or a higher one."""
    order = np.argsort(-scores, axis=1, kind="stable")
    falling, hits = np.take_along_axis(scores, order, axis=1), np.take_along_axis(labels, order, axis=1)
    last = np.ones(falling.shape, bool)  # of those with one score
    last[:, :-1] = falling[:, 1:] != falling[:, :-1]
    places = np.where(last, np.arange(falling.shape[1]), falling.shape[1])
    ends = np.minimum.accumulate(places[:, ::-1], axis=1)[:, ::-1]
    precision = np.take_along_axis(hits.cumsum(axis=1), ends, axis=1) / (ends + 1)
    with np.errstate(invalid="ignore"):
        return (precision * hits).sum(axis=1) / hits.sum(axis=1)


def spearman(truth: Float64[np.ndarray, "S N"], scores: Float64[np.ndarray, "S N"]) -> Float64[np.ndarray, "S"]:
    """Returns the correlation of ranks; of those that are alike, of their mean rank."""
    one, other = (rankdata(values, axis=1) - (values.shape[1] + 1) / 2 for values in (truth, scores))
    with np.errstate(invalid="ignore"):
        return (one * other).sum(axis=1) / np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))


def _over_samples(
    figure: Callable[..., Float64[np.ndarray, "S"]],
    truth: Float64[np.ndarray, "N"],
    scores: Float64[np.ndarray, "N"],
    seed: int,
) -> Float64[np.ndarray, "T"]:
    """Returns the figure of samples with replacement, some in memory at a time."""
    rng = np.random.default_rng(seed)
    at_once = max(1, _NUMBERS_AT_ONCE // truth.size)
    found = []
    for first in range(0, _NUM_SAMPLES, at_once):
        drawn = rng.integers(0, truth.size, (min(at_once, _NUM_SAMPLES - first), truth.size))
        found.append(figure(truth[drawn], scores[drawn]))
    return np.concatenate(found)
