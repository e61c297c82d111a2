"""Figures of predictions, by hand."""

import math

import numpy as np
import pytest
from agront_data.metrics import prediction_figures, predictions

NAN = math.nan


@pytest.fixture
def few_samples(monkeypatch):
    """For those who look at no interval."""
    monkeypatch.setattr(predictions, "_NUM_SAMPLES", 2)


def figures(*args, **options):
    return {(each.target, each.name): each for each in prediction_figures(*args, **options)}


def test_binary_labels(few_samples):
    truth = np.array([[1], [1], [1], [0], [0], [NAN]])
    predicted = np.array([[0.9], [0.8], [0.3], [0.7], [0.1], [0.5]])
    found = figures("binary", truth, predicted, ["y"])
    # Of 6 pairs of a 1 and a 0 the 1 is above in 5; at 0.5 there are 2 true, 1 false positives, 1 false negative.
    expected = {"AUROC": 5 / 6, "accuracy": 3 / 5, "F1": 2 * 2 / (2 * 2 + 1 + 1), "AUPRC": (1 + 1 + 3 / 4) / 3}
    expected["MCC"] = (2 * 1 - 1 * 1) / math.sqrt(3 * 3 * 2 * 2)
    assert {name: each.value for (_, name), each in found.items()} == pytest.approx(expected)
    assert all(each.num == 5 for each in found.values())


def test_numbers(few_samples):
    truth, predicted = np.array([[1.0], [2], [3], [5]]), np.array([[10.0], [30], [20], [50]])
    found = figures("regression", truth, predicted, ["y"])
    errors = [(9 - 0) ** 2, 28**2, 17**2, 45**2]
    mean = 11 / 4
    assert found["y", "MSE"].value == pytest.approx(sum(errors) / 4)
    assert found["y", "R2"].value == pytest.approx(1 - sum(errors) / sum((each - mean) ** 2 for each in (1, 2, 3, 5)))
    assert found["y", "Spearman"].value == pytest.approx(0.8)
    correlation = np.corrcoef(truth[:, 0], predicted[:, 0])[0, 1]
    assert found["y", "squared Pearson"].value == pytest.approx(correlation**2)
    scaled = figures("regression", truth, 3 * predicted - 7, ["y"])
    assert scaled["y", "squared Pearson"].value == pytest.approx(correlation**2)
    assert scaled["y", "R2"].value < found["y", "R2"].value


def test_classes(few_samples):
    truth = np.array([[0], [0], [1], [2], [NAN]])
    predicted = np.array([[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6], [1, 0, 0]])
    found = figures("classes", truth, predicted, ["kind"])
    assert found["kind", "accuracy"].value == 3 / 4
    assert found["kind", "F1"].value == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    # Class 0: 0.6 and 0.2 against 0.1 and 0.2; class 1: 0.8 against 0.3, 0.5, 0.2; class 2: 0.6 against lower ones.
    assert found["kind", "AUROC"].value == pytest.approx((3.5 / 4 + 1 + 1) / 3)


def test_of_several_targets_there_is_a_mean(few_samples):
    truth = np.array([[1, 0, 1], [0, 1, 1], [1, 0, 1], [0, 1, 1]], float)
    predicted = np.array([[0.9, 0.9, 0.5], [0.1, 0.1, 0.5], [0.8, 0.2, 0.5], [0.2, 0.8, 0.5]])
    found = figures("multi-label", truth, predicted, ["a", "b", "c"])
    assert found["a", "AUROC"].value == 1
    assert found["b", "AUROC"].value == pytest.approx(1 / 4)
    assert math.isnan(found["c", "AUROC"].value)  # one class alone
    assert found["mean", "AUROC"].value == pytest.approx((1 + 1 / 4) / 2)


def test_intervals_hold_the_figure_and_are_narrower_of_more():
    rng = np.random.default_rng(0)
    widths = []
    for size in (50, 800):
        truth = rng.integers(0, 2, (size, 1)).astype(float)
        found = figures("binary", truth, truth * 0.3 + rng.random((size, 1)) * 0.7, ["y"])["y", "AUROC"]
        assert found.low < found.value < found.high
        widths.append(found.high - found.low)
    assert widths[1] < widths[0] / 2


def test_predictions_that_are_all_the_same(few_samples):
    found = figures("regression", np.array([[1.0], [2], [3]]), np.full((3, 1), 2.0), ["y"])
    assert found["y", "R2"].value == 0
    assert math.isnan(found["y", "Spearman"].value)
    assert figures("binary", np.array([[1.0], [0]]), np.full((2, 1), 0.5), ["y"])["y", "AUROC"].value == 0.5
