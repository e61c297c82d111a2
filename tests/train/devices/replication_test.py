import dataclasses
import functools

import jax
import numpy as np
import pytest
from agront_train import init_state
from agront_train.devices import (
    AXIS,
    make_replicated_evaluation,
    make_replicated_step,
    replicate,
    split_batch,
    unreplicate,
)
from agront_train.update import make_gradient
from toy_hosts import outcome, start
from toy_training import CONFIG, ToyBatches, toy_task, toy_train

TASK = toy_task()


@functools.cache
def three_updates(num_devices, micro_batches, weighted=False):
    devices = jax.local_devices()[:num_devices]
    state = replicate(init_state(TASK, CONFIG), devices)
    step = make_replicated_step(TASK, CONFIG, devices)
    batches = ToyBatches(weighted=weighted)
    for _ in range(3):
        state, metrics, _ = step(state, split_batch(next(batches), num_devices, micro_batches))
    return unreplicate((state, metrics))


@functools.cache
def gradient_sum(num_devices, micro_batches, weighted=False):
    gradient = make_gradient(TASK, CONFIG)
    devices = jax.local_devices()[:num_devices]
    mapped = jax.pmap(lambda *args: jax.lax.psum(gradient(*args), AXIS), axis_name=AXIS, devices=devices)
    params = replicate(init_state(TASK, CONFIG).params, devices)
    batch = next(ToyBatches(weighted=weighted))
    return unreplicate(mapped(params, (), split_batch(batch, num_devices, micro_batches)))


@pytest.mark.parametrize(("num_devices", "micro_batches"), [(2, 1), (4, 1), (1, 4), (2, 2), (4, 2)])
def test_the_same_rows_give_the_same_gradient_however_they_are_cut(num_devices, micro_batches):
    assert_same_gradient(gradient_sum(num_devices, micro_batches), gradient_sum(1, 1))


@pytest.mark.parametrize(("num_devices", "micro_batches"), [(4, 1), (1, 4), (2, 2)])
def test_so_they_do_with_loss_weights(num_devices, micro_batches):
    weighted = gradient_sum(1, 1, weighted=True)
    assert weighted[1].weight < 0.8 * gradient_sum(1, 1)[1].weight
    assert_same_gradient(gradient_sum(num_devices, micro_batches, weighted=True), weighted)
    (state, metrics), (expected, expected_metrics) = (
        three_updates(*cut, weighted=True) for cut in ((num_devices, micro_batches), (1, 1))
    )
    assert metrics.loss == pytest.approx(float(expected_metrics.loss), rel=1e-6)
    for leaf, reference in zip(jax.tree.leaves(state.params), jax.tree.leaves(expected.params), strict=True):
        np.testing.assert_allclose(leaf, reference, rtol=0, atol=1e-5)


def assert_same_gradient(actual, expected):
    (grads, total), (expected_grads, expected_total) = actual, expected
    assert total.weight == pytest.approx(expected_total.weight, rel=1e-6)
    assert total.weight > 0
    for leaf, reference in zip(jax.tree.leaves(grads), jax.tree.leaves(expected_grads), strict=True):
        assert np.abs(leaf - reference).max() <= 1e-6 * np.abs(reference).max()


@pytest.mark.parametrize(("num_devices", "micro_batches"), [(2, 1), (4, 1), (1, 4), (2, 2)])
def test_the_same_rows_give_the_same_parameters_however_they_are_cut(num_devices, micro_batches):
    state, metrics = three_updates(num_devices, micro_batches)
    expected, expected_metrics = three_updates(1, 1)
    assert state.step == expected.step == 3
    assert metrics.loss == pytest.approx(float(expected_metrics.loss), rel=1e-6)
    assert metrics.grad_norm == pytest.approx(float(expected_metrics.grad_norm), rel=1e-5)
    for leaf, reference in zip(jax.tree.leaves(state.params), jax.tree.leaves(expected.params), strict=True):
        np.testing.assert_allclose(leaf, reference, rtol=0, atol=1e-5)


def test_all_devices_hold_the_same_parameters_after_an_update():
    devices = jax.local_devices()
    assert len(devices) == 4
    state = replicate(init_state(TASK, CONFIG), devices)
    step = make_replicated_step(TASK, CONFIG, devices)
    state, _, _ = step(state, split_batch(next(ToyBatches()), 4, 1))
    for leaf in jax.tree.leaves(state.params):
        for copy in np.asarray(leaf)[1:]:
            np.testing.assert_array_equal(copy, np.asarray(leaf)[0])


def test_what_unreplicate_gives_is_not_overwritten_by_the_next_donated_step():
    devices = jax.local_devices()[:1]
    state = replicate(init_state(TASK, CONFIG), devices)
    step = make_replicated_step(TASK, CONFIG, devices)
    batches = ToyBatches()
    state, _, _ = step(state, split_batch(next(batches), 1, 1))
    kept = unreplicate(state.params)
    before = jax.tree.map(np.copy, kept)
    for _ in range(3):
        state, _, _ = step(state, split_batch(next(batches), 1, 1))
    jax.tree.map(np.testing.assert_array_equal, kept, before)
    assert jax.tree.leaves(kept)[0].base is None or jax.tree.leaves(kept)[0].base.flags.owndata


@pytest.mark.parametrize(
    ("num_devices", "options"), [(512, ()), (32, ("--shard-optimizer",))], ids=["512", "32, optimizer sharded"]
)
def test_many_devices_take_the_same_steps_as_one(num_devices, options, tmp_path):
    published = ("--steps", 2, "--batch-size", 1536, "--held-out-rows", 512, "--width", 16, "--seconds", 100)
    out = ("--out", tmp_path / "out.npz")
    for attempt in range(3):  # of 40 such runs on two cores, one waits forever for a thread of XLA's that never comes
        run = tmp_path / f"many{attempt}"
        host = start(run, tmp_path / "log", *published, *options, *out, devices=num_devices)
        if host.end(150) == 0 or "Timeout" not in host.said:
            break
    assert host.process.returncode == 0, host.said
    config = dataclasses.replace(CONFIG, steps=2, batch_size=1536, micro_batches=8)
    expected = toy_train(tmp_path / "one", config=config, devices=1, held_out_rows=512)
    found = outcome(tmp_path / "out.npz")
    assert found.seen == list(range(2 * 1536))
    np.testing.assert_allclose(found.loss, expected.held_out.loss, rtol=1e-5)
    for leaf, reference in zip(found.leaves, jax.tree.leaves(expected.state), strict=True):
        np.testing.assert_allclose(leaf, reference, rtol=0, atol=1e-5)


def test_held_out_rows_that_the_devices_do_not_divide_are_refused():
    devices = jax.local_devices()[:4]
    evaluate = make_replicated_evaluation(TASK, devices)
    state = replicate(init_state(TASK, CONFIG), devices)
    with pytest.raises(ValueError, match="6 held-out rows cannot be cut evenly over 4 devices"):
        evaluate(state, next(ToyBatches(6)))
