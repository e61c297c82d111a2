"""The same rows give the same gradient and the same parameters on any number of devices: real model, real rows."""

from typing import Any, NamedTuple

import jax
import numpy as np
import optax
import pytest
from agront_train import init_state
from agront_train.devices import make_replicated_step, replicate, split_batch, unreplicate

CUTS = [(2, 1), (4, 1), (1, 4)]  # devices, micro-batches


class Updates(NamedTuple):
    gradient: Any  # of the first update
    params: Any  # after the third
    moved: float  # the largest change of a parameter
    losses: list[float]


def three_updates(parts, num_devices, micro_batches) -> Updates:
    devices, losses = jax.local_devices()[:num_devices], []
    assert len(devices) == num_devices
    start = init_state(parts.task, parts.config)
    step = make_replicated_step(parts.task, parts.config, devices)
    state, loader = replicate(start, devices), parts.loader()
    for number in range(3):
        state, metrics, _ = step(state, split_batch(next(loader), num_devices, micro_batches))
        losses.append(float(unreplicate(metrics).loss))
        if number == 0:  # Adam's first mean of gradients is (1 - b1) times the first gradient
            mean = optax.tree_utils.tree_get(unreplicate(state).opt_state, "mu")
            gradient = jax.tree.map(lambda leaf: leaf / (1 - parts.config.optimizer.b1), mean)
    params = unreplicate(state).params
    changes = jax.tree.map(lambda after, before: np.abs(after - np.asarray(before)).max(), params, start.params)
    return Updates(gradient, params, max(jax.tree.leaves(changes)), losses)


@pytest.fixture(scope="module")
def uncut(parts):
    return three_updates(parts, 1, 1)


@pytest.fixture(scope="module", params=CUTS, ids=lambda cut: f"{cut[0]} devices, {cut[1]} micro-batches")
def cut(request, parts):
    return three_updates(parts, *request.param)


def test_the_same_rows_give_the_same_gradient_however_they_are_cut(cut, uncut):
    # Against the largest entry of all leaves: the key bias moves no softmax, so its own entries are rounding noise.
    largest = max(np.abs(leaf).max() for leaf in jax.tree.leaves(uncut.gradient))
    assert largest > 1e-3
    for leaf, reference in zip(jax.tree.leaves(cut.gradient), jax.tree.leaves(uncut.gradient), strict=True):
        np.testing.assert_allclose(leaf, reference, rtol=0, atol=1e-6 * largest)


def test_the_same_rows_give_the_same_parameters_after_three_adam_steps_however_they_are_cut(cut, uncut):
    assert cut.losses == pytest.approx(uncut.losses, rel=1e-5)
    assert uncut.moved > 1e-3  # a hundred times what is allowed to differ
    for leaf, reference in zip(jax.tree.leaves(cut.params), jax.tree.leaves(uncut.params), strict=True):
        np.testing.assert_allclose(leaf, reference, rtol=0, atol=1e-5)
