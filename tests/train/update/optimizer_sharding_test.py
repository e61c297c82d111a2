"""ZeRO-1: each device holds a share of Adam's moments, and the run is the same."""

import dataclasses
import functools
import json

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import toy_training
from agront_train import init_state
from agront_train.devices import make_gather_state, make_replicated_step, replicate_state, split_batch
from toy_training import CONFIG, ToyBatches, ToyModel, toy_task, toy_train

# Its leaves have 315, 675, 315 and 21 elements: neither 2 nor 4 devices divide any of them.
MODEL = ToyModel(width=15)
SIZES = (315, 675, 315, 21)


def settings(shard_optimizer, **optimizer):
    changed = dataclasses.replace(CONFIG.optimizer, **optimizer)
    return dataclasses.replace(CONFIG, shard_optimizer=shard_optimizer, optimizer=changed)


@functools.cache
def after_five_updates(config, num_devices, poisoned=False):
    """The replicated state and the same gathered on the host."""
    model, batches = (Poisoned(width=15), PoisonedBatches()) if poisoned else (MODEL, ToyBatches())
    devices = jax.local_devices()[:num_devices]
    assert len(devices) == num_devices
    state = replicate_state(init_state(toy_task(model), config), config, devices)
    step = make_replicated_step(toy_task(model), config, devices)
    for _ in range(5):
        state, _, _ = step(state, split_batch(next(batches), num_devices, 1))
    return state, make_gather_state(config, devices)(state)


def assert_close(actual, expected, atol):
    assert jax.tree.structure(actual) == jax.tree.structure(expected)
    for leaf, other in zip(jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True):
        assert leaf.shape == other.shape
        np.testing.assert_allclose(leaf, other, rtol=0, atol=atol)


BOTH = {"clip_norm": 0.05, "weight_decay": 0.1}


@pytest.mark.parametrize(
    ("num_devices", "optimizer"),
    [
        pytest.param(2, BOTH, id="2 devices, clipping, decay"),
        pytest.param(4, BOTH, id="4 devices, clipping, decay"),
        pytest.param(4, {}, id="4 devices"),
        pytest.param(2, {}, id="2 devices", marks=pytest.mark.slow),
        pytest.param(4, {"clip_norm": 0.05}, id="4 devices, clipping", marks=pytest.mark.slow),
        pytest.param(4, {"weight_decay": 0.1}, id="4 devices, decay", marks=pytest.mark.slow),
    ],
)
def test_sharded_or_not_the_updates_are_the_same(num_devices, optimizer):
    _, sharded = after_five_updates(settings(True, **optimizer), num_devices)
    _, whole = after_five_updates(settings(False, **optimizer), num_devices)
    start = init_state(toy_task(MODEL), CONFIG).params
    moved = jax.tree.map(lambda leaf, before: np.abs(leaf - before).max(), whole.params, start)
    assert min(jax.tree.leaves(moved)) > 1e-2  # ten thousand times what may differ
    assert_close(sharded, whole, 1e-6)


def test_clipping_and_decay_change_the_updates():
    plain, clipped, decayed = (
        after_five_updates(settings(True, **optimizer), 4)[1].params["encoder"]["w"]
        for optimizer in ({}, {"clip_norm": 0.05}, {"weight_decay": 0.1})
    )
    assert np.abs(plain - clipped).max() > 1e-4
    assert np.abs(plain - decayed).max() > 1e-4


@pytest.mark.parametrize("num_devices", [1, 4])
def test_each_device_holds_its_share_of_the_moments_and_no_more(num_devices):
    state, _ = after_five_updates(settings(True), num_devices)
    whole, _ = after_five_updates(settings(False), num_devices)

    def moments_in_bytes(state, device):
        moments = [optax.tree_utils.tree_get(state.opt_state, name) for name in ("mu", "nu")]
        return sum(
            shard.data.nbytes
            for leaf in jax.tree.leaves(moments)
            for shard in leaf.addressable_shards
            if shard.device == device
        )

    for device in jax.local_devices()[:num_devices]:
        assert moments_in_bytes(whole, device) == 8 * sum(SIZES)
        assert moments_in_bytes(state, device) == 8 * sum(-(-size // num_devices) for size in SIZES)


def test_what_is_replicated_comes_back_bit_for_bit():
    config, devices = settings(True), jax.local_devices()[:4]
    rng = np.random.default_rng(0)
    start = init_state(toy_task(MODEL), config)
    state = jax.tree.map(lambda leaf: rng.standard_normal(leaf.shape).astype(leaf.dtype), start)
    back = make_gather_state(config, devices)(replicate_state(state, config, devices))
    assert_close(back, state, 0)
    assert all(isinstance(leaf, np.ndarray) for leaf in jax.tree.leaves(back))


class Poisoned(ToyModel):
    """The loss is not a number for batches whose first row begins with the mask token."""

    def encode(self, params, tokens):
        embeddings = super().encode(params, tokens).embeddings
        return toy_training.ToyEncoding(jnp.where((tokens == toy_training.MASK)[:, :1, None], jnp.nan, embeddings))


class PoisonedBatches(ToyBatches):
    """The third is one of them: on one device only."""

    def __next__(self):
        batch = super().__next__()
        if self.next_batch == 3:
            batch.tokens[0, 0] = toy_training.MASK
        return batch


def test_all_devices_skip_an_update_that_is_not_finite_on_one():
    _, state = after_five_updates(settings(True), 4, poisoned=True)
    _, expected = after_five_updates(settings(False), 4, poisoned=True)
    assert (state.step, state.skipped, state.skipped_in_a_row) == (5, 1, 0)
    assert optax.tree_utils.tree_get(state.opt_state, "mu")["head"]["b"].shape == (21,)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state))
    assert_close(state, expected, 1e-6)


def test_a_checkpoint_of_a_sharded_run_is_like_any_other(tmp_path):
    run = tmp_path / "run"
    every_six = dataclasses.replace(CONFIG, checkpoint_every=6)

    def leg(steps, devices, shard_optimizer):
        config = dataclasses.replace(every_six, steps=steps, shard_optimizer=shard_optimizer)
        return toy_train(run, config=config, devices=devices, model=MODEL)

    leg(6, 4, True)
    files = run / "checkpoints" / "6" / "metadata" / "metadata"
    leaves = json.loads(files.read_text())["content"]["leaves"]
    state = init_state(toy_task(MODEL), CONFIG)
    paths = jax.tree_util.tree_flatten_with_path(state)[0]
    assert {name: leaf["shape"] for name, leaf in leaves.items()} == {
        jax.tree_util.keystr(path): list(leaf.shape) for path, leaf in paths
    }
    leg(9, 1, False)  # not sharded
    leg(12, 2, True)  # on another number of devices
    result = leg(20, 4, True)
    assert result.state.step == 20
    expected = toy_train(tmp_path / "whole", config=every_six, devices=1, model=MODEL)
    assert_close(result.state, expected.state, 1e-5)
