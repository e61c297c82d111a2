"""A task that is not the package's: a regression head on a frozen encoder, with labels in the batch and no masks."""

import dataclasses
import json
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_train import LossSum, Monitoring, OptimizerConfig, TrainConfig, read_metrics, train

NUM_TOKENS, WIDTH = 12, 5
RANDOM = np.random.default_rng(0)
FROZEN = {"embeddings": RANDOM.normal(scale=3, size=(21, WIDTH)).astype(np.float32)}
TRUE_HEAD = RANDOM.normal(size=WIDTH).astype(np.float32)
CONFIG = TrainConfig(
    steps=120,
    batch_size=16,
    optimizer=OptimizerConfig(initial_learning_rate=0.05, peak_learning_rate=0.1, warmup_steps=10),
    evaluate_every=60,
    checkpoint_every=40,
)


class LabelledRows(NamedTuple):
    rows: np.ndarray
    labels: np.ndarray
    tokens: np.ndarray


class Regression:
    """Predicts a row's label from the mean of its frozen embeddings: squared error, with noise drawn for each row."""

    num_tokens = NUM_TOKENS

    def init(self, rng):
        return {"w": 0.01 * jax.random.normal(rng, (WIDTH,)), "b": jnp.zeros(())}

    def predict(self, trained, frozen, tokens):
        return frozen["embeddings"][tokens].mean(1) @ trained["w"] + trained["b"]

    def loss_sums(self, trained, frozen, batch, key):
        noise = jax.vmap(lambda row: jax.random.normal(jax.random.fold_in(key, row)))(batch.rows)
        errors = self.predict(trained, frozen, batch.tokens) + 0.01 * noise - batch.labels
        return LossSum(jnp.square(errors).sum(), jnp.float32(len(errors)))

    def row_scores(self, trained, frozen, batch):
        """Classes are labels below and above 1; the absolute error has one class only."""
        errors = self.predict(trained, frozen, batch.tokens) - batch.labels
        classes = jax.nn.one_hot(jnp.int32(batch.labels > 1), 2)
        return {"loss": jnp.square(errors)[:, None] * classes, "weight": classes, "absolute": jnp.abs(errors)[:, None]}


class Batches:
    """Rows of random tokens; labels are a linear function of their mean embedding, and 1."""

    def __init__(self, next_batch=0, batch_size=CONFIG.batch_size):
        self.next_batch, self.batch_size = next_batch, batch_size

    def __iter__(self):
        return self

    def __next__(self):
        rows = self.next_batch * self.batch_size + np.arange(self.batch_size)
        self.next_batch += 1
        tokens = np.stack([np.random.default_rng(row).integers(0, 21, NUM_TOKENS) for row in rows]).astype(np.uint16)
        labels = FROZEN["embeddings"][tokens].mean(1) @ TRUE_HEAD + 1
        return LabelledRows(rows, labels.astype(np.float32), tokens)

    def get_state(self):
        return {"next_batch": self.next_batch}

    def set_state(self, state):
        self.next_batch = state["next_batch"]


HELD_OUT = [next(Batches(1000)), next(Batches(1001))]


def run(folder, *, devices=1, measured=None, **changes):
    return train(
        Regression(),
        Batches(),
        HELD_OUT,
        config=dataclasses.replace(CONFIG, **changes),
        run=folder,
        identity={"task": "regression"},
        frozen=FROZEN,
        devices=jax.local_devices()[:devices],
        monitoring=Monitoring(measured=measured),
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    return folder, run(folder)


def test_it_learns_the_head_that_made_the_labels(undisturbed):
    folder, result = undisturbed
    np.testing.assert_allclose(result.state.params["w"], TRUE_HEAD, atol=0.1)
    np.testing.assert_allclose(result.state.params["b"], 1, atol=0.1)
    records = list(read_metrics(folder / "metrics.jsonl"))
    assert records[0]["loss"] > 0.5  # the labels are about 1
    assert records[-1]["loss"] < 0.01
    assert records[-1]["held_out_loss"] == result.held_out.mean < 0.01


def test_stopped_and_resumed_it_is_the_same_run_bit_for_bit(undisturbed, tmp_path):
    _, expected = undisturbed
    run(tmp_path / "run", steps=50)
    result = run(tmp_path / "run")
    jax.tree.map(np.testing.assert_array_equal, result.state, expected.state)
    jax.tree.map(np.testing.assert_array_equal, result.scores, expected.scores)


def test_frozen_parameters_are_in_no_checkpoint_and_have_no_moments(undisturbed):
    folder, result = undisturbed
    metadata = json.loads((folder / "checkpoints" / "120" / "metadata" / "metadata").read_text())
    names = set(metadata["content"]["leaves"])
    assert {name for name in names if name.startswith(".params")} == {".params['w']", ".params['b']"}
    assert not any("embeddings" in name or "frozen" in name for name in names)
    assert "frozen" not in (folder / "checkpoints" / "120" / "state" / "_METADATA").read_text()
    assert result.state.frozen == ()


@pytest.mark.parametrize(("devices", "changes"), [(4, {}), (2, {"micro_batches": 2, "shard_optimizer": True})])
def test_on_several_devices_it_is_the_same_run(undisturbed, tmp_path, devices, changes):
    _, expected = undisturbed
    result = run(tmp_path / "run", devices=devices, **changes)
    for leaf, reference in zip(jax.tree.leaves(result.state), jax.tree.leaves(expected.state), strict=True):
        np.testing.assert_allclose(leaf, reference, rtol=0, atol=1e-5)
    for name, sums in result.scores.items():
        np.testing.assert_allclose(sums, expected.scores[name], rtol=0, atol=1e-5)


def test_scores_have_a_column_a_class_and_the_order_of_the_rows(undisturbed):
    _, result = undisturbed
    assert {name: sums.shape for name, sums in result.scores.items()} == {
        "loss": (32, 2), "weight": (32, 2), "absolute": (32, 1),
    }  # fmt: skip
    labels = np.concatenate([batch.labels for batch in HELD_OUT])
    embeddings = FROZEN["embeddings"][np.concatenate([batch.tokens for batch in HELD_OUT])].mean(1)
    errors = embeddings @ result.state.params["w"] + result.state.params["b"] - labels
    np.testing.assert_array_equal(result.scores["weight"], np.stack([labels <= 1, labels > 1], axis=1))
    assert 0 < (labels > 1).sum() < 32
    np.testing.assert_allclose(result.scores["absolute"][:, 0], np.abs(errors), atol=1e-5)
    np.testing.assert_allclose(result.held_out.loss, np.square(errors), atol=1e-5)


def test_who_asks_hears_of_each_measurement_with_the_parameters(tmp_path):
    heard = []
    result = run(
        tmp_path / "run",
        devices=2,
        evaluate_every=50,
        measured=lambda step, scores, params: heard.append((step, scores["loss"].shape, params())),
    )
    assert [step for step, *_ in heard] == [50, 100, 120]
    assert {shape for _, shape, _ in heard} == {(32, 2)}
    jax.tree.map(np.testing.assert_array_equal, heard[-1][2], result.state.params)
    assert all(isinstance(leaf, np.ndarray) for leaf in jax.tree.leaves(heard[0][2]))
    assert np.abs(heard[0][2]["w"] - heard[-1][2]["w"]).max() > 0
