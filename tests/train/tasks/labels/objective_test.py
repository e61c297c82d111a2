"""Losses beside sums in Python."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_train import Objective

NAN = math.nan
LOGITS = np.array([[0.5, -2.0, 3.0], [1.0, 0.0, -1.0]], np.float32)


def check(objective, predictions, labels, loss, weight):
    found_loss, found_weight = objective.losses(jnp.asarray(predictions), jnp.asarray(labels, jnp.float32))
    np.testing.assert_allclose(found_loss, loss, rtol=1e-6)
    np.testing.assert_allclose(found_weight, weight, rtol=1e-6)
    total = objective.total(jnp.asarray(predictions), jnp.asarray(labels, jnp.float32))
    assert (float(total.loss), float(total.weight)) == pytest.approx((sum(loss), sum(weight)))


def test_binary_labels_each_by_itself():
    labels = [[1, 0, NAN], [0, NAN, NAN]]
    expected = [math.log1p(math.exp(-0.5)) + math.log1p(math.exp(-2)), math.log1p(math.exp(1.0))]
    check(Objective("binary"), LOGITS, labels, expected, [2, 1])
    weighted = [3 * math.log1p(math.exp(-0.5)) + math.log1p(math.exp(-2)), math.log1p(math.exp(1.0))]
    check(Objective("binary", (3.0, 1.0, 1.0)), LOGITS, labels, weighted, [4, 1])


def test_one_of_several_classes():
    labels = [[2], [NAN]]
    expected = math.log(sum(math.exp(each) for each in (0.5, -2, 3))) - 3
    check(Objective("classes"), LOGITS, labels, [expected, 0], [1, 0])
    check(Objective("classes", (1.0, 1.0, 0.25)), LOGITS, labels, [0.25 * expected, 0], [0.25, 0])


def test_numbers():
    check(Objective("regression"), LOGITS, [[0.5, NAN, 1], [NAN] * 3], [4, 0], [2, 0])


def test_labels_of_tokens_are_summed_over_the_row():
    predictions = np.array([[[1.0], [2.0], [3.0]], [[0.0], [1.0], [5.0]]], np.float32)
    labels = [[[NAN], [1], [5]], [[NAN], [NAN], [4]]]
    check(Objective("regression"), predictions, labels, [1 + 4, 1], [2, 1])
    classes = np.stack([predictions[..., 0], np.zeros((2, 3))], axis=-1).astype(np.float32)
    loss = [math.log1p(math.exp(-2)) + math.log1p(math.exp(3)), math.log1p(math.exp(5))]
    check(Objective("classes"), classes, [[[NAN], [0], [1]], [[NAN], [NAN], [1]]], loss, [2, 1])


@pytest.mark.parametrize("kind", ["binary", "regression", "classes"])
def test_a_missing_label_gives_no_gradient(kind):
    labels = jnp.full((2, 1 if kind == "classes" else 3), jnp.nan)
    gradient = jax.grad(lambda predictions: Objective(kind).total(predictions, labels).loss)(jnp.asarray(LOGITS))
    np.testing.assert_array_equal(gradient, np.zeros((2, 3)))
