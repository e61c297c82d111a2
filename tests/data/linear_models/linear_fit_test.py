"""Linear models on features whose labels are a function of them."""

import numpy as np
import pytest
from agront_data.linear_models import fit_linear

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(600, 5)) * [1, 10, 0.1, 1, 1] + 3
WEIGHTS = np.array([[1.0, 0.2, -20, 0, 0], [0, 0, 0, 3, 0]]).T
NUMBERS = FEATURES @ WEIGHTS + 7
TRAIN, VALIDATION, TEST = slice(0, 300), slice(300, 400), slice(400, 600)


def fitted(kind, labels, **options):
    return fit_linear(kind, FEATURES[TRAIN], labels[TRAIN], FEATURES[VALIDATION], labels[VALIDATION], **options)


def test_numbers_are_found_and_missing_ones_left_out():
    labels = NUMBERS.copy()
    labels[::7, 0] = labels[::5, 1] = np.nan
    fit = fitted("regression", labels)
    np.testing.assert_allclose(fit.predict(FEATURES[TEST]), NUMBERS[TEST], atol=0.02)
    assert fit.penalties == (0.1, 0.1)


def test_of_noise_the_penalty_is_large():
    noise = RNG.normal(size=(600, 1))
    [penalty] = fitted("regression", noise).penalties
    assert penalty > 1


def test_labels_each_by_itself():
    labels = (NUMBERS.mean(axis=0) < NUMBERS).astype(float)
    found = fitted("multi-label", labels).predict(FEATURES[TEST])
    assert ((found > 0.5) == labels[TEST]).mean() > 0.97
    assert ((found >= 0) & (found <= 1)).all()


def test_classes_that_training_lacks_have_no_probability():
    classes = np.digitize(NUMBERS[:, 1:], np.quantile(NUMBERS[:, 1], [0.3, 0.7])).astype(float)
    classes[TRAIN][classes[TRAIN] == 1] = np.nan
    found = fitted("classes", classes, num_classes=3).predict(FEATURES[TEST])
    np.testing.assert_allclose(found.sum(axis=1), 1)
    assert (found[:, 1] == 0).all()
    outer = classes[TEST][:, 0] != 1
    assert (found.argmax(axis=1)[outer] == classes[TEST][outer, 0]).mean() > 0.97


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_without_validation_labels_any_penalty_does(kind):
    labels = (NUMBERS[:, :1] > NUMBERS[:, :1].mean()).astype(float)
    labels[VALIDATION] = np.nan
    assert np.isfinite(fitted(kind, labels).predict(FEATURES[TEST])).all()
