"""Model, loader and training together: resuming, learning, and measuring what was held out."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_data.testing import assert_resumes_exactly
from agront_model import AgroNTConfig, make_model
from agront_train import (
    MaskingConfig,
    OptimizerConfig,
    init_state,
    make_train_step,
    read_metrics,
    rows_key,
    train,
)
from agront_train.tasks import HELD_OUT_SEED, mask_held_out


def run(parts, folder, steps):
    """A run on one device, or what is left of it."""
    return train(
        parts.task,
        parts.loader(),
        parts.held_out_batches(8),
        config=dataclasses.replace(parts.config, steps=steps),
        run=folder,
        identity={"store": parts.store.fingerprint, "vocabulary": parts.tokenizer.vocabulary.fingerprint},
        devices=jax.local_devices()[:1],
    )


@pytest.fixture(scope="module")
def undisturbed(parts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    return run(parts, folder, 20), list(read_metrics(folder / "metrics.jsonl"))


def test_stopped_after_9_and_resumed_equals_20_steps_bit_for_bit(parts, undisturbed, tmp_path):
    expected, records = undisturbed
    assert int(run(parts, tmp_path / "run", 9).state.step) == 9
    resumed = run(parts, tmp_path / "run", 20)
    jax.tree.map(np.testing.assert_array_equal, resumed.state, expected.state)
    np.testing.assert_array_equal(resumed.held_out.loss, expected.held_out.loss)
    again = list(read_metrics(tmp_path / "run" / "metrics.jsonl"))
    assert [record["loss"] for record in again] == [record["loss"] for record in records]
    assert len(again) == 20


def test_an_untrained_model_guesses_among_all_tokens(undisturbed):
    _, records = undisturbed
    assert records[0]["loss"] == pytest.approx(np.log(4105), abs=0.05)
    assert records[-1]["loss"] < records[0]["loss"]


def test_the_held_out_loss_is_that_of_every_token_masked_once(parts, undisturbed):
    result, _ = undisturbed
    vocabulary, model = parts.tokenizer.vocabulary, parts.model
    batch, num_parts = parts.held_out_batches(len(parts.held_out))[0], 7
    all_logits = jax.jit(
        lambda tokens: model.lm_logits(result.state.params, model.encode(result.state.params, tokens).embeddings)
    )
    loss, times_masked = np.zeros(len(batch.tokens)), np.zeros(batch.tokens.shape, int)
    for part in range(num_parts):
        seen = mask_held_out(
            rows_key(HELD_OUT_SEED),
            jnp.asarray(batch.tokens),
            jnp.asarray(batch.rows),
            vocabulary,
            part=part,
            parts=num_parts,
        ).tokens
        masked = np.asarray(seen) == vocabulary.mask_id
        np.testing.assert_array_equal(np.asarray(seen)[~masked], batch.tokens[~masked])
        logits = np.asarray(all_logits(seen), np.float64)
        log_probabilities = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        targets = np.take_along_axis(log_probabilities, batch.tokens[..., None].astype(int), axis=-1)[..., 0]
        loss -= np.where(masked, targets, 0).sum(1)
        times_masked += masked
    nucleotides = (batch.tokens >= vocabulary.nucleotide_ids.start) & (batch.tokens < vocabulary.nucleotide_ids.stop)
    np.testing.assert_array_equal(times_masked, nucleotides)
    used = slice(len(batch.tokens))  # the rows that fill the last batch of the run come after
    np.testing.assert_array_equal(result.held_out.weight[used], nucleotides.sum(1))
    assert not result.held_out.weight[len(batch.tokens) :].any()
    np.testing.assert_allclose(result.held_out.loss[used], loss, rtol=1e-5)


def test_the_loader_resumes_exactly(parts):
    assert_resumes_exactly(parts.loader, num_batches=4)


def test_no_training_row_reaches_held_out_sequence(parts):
    held_out = {
        (origin.species, origin.contig, position)
        for origin in parts.held_out.describe(parts.held_out.locate(np.arange(len(parts.held_out))))
        for position in range(origin.start, origin.end)
    }
    loader = parts.loader()
    assert len(held_out) == 6 * 2000  # blocks 8, 27, 46, 65 of the chloroplast and 8, 27 of the BAC
    for row in range(3 * len(parts.training)):
        origin = loader.row_origin(row)
        ends = {(origin.species, origin.contig, position) for position in (origin.start, origin.end - 1)}
        assert not ends & held_out  # a row is shorter than a block, so it cannot span one


def test_a_tiny_model_learns_one_batch_by_heart(parts):
    config = dataclasses.replace(
        parts.config,
        masking=MaskingConfig(mask_share=1.0, random_share=0.0),
        optimizer=OptimizerConfig(initial_learning_rate=3e-3, peak_learning_rate=3e-3, warmup_steps=200),
    )
    model = make_model(AgroNTConfig(num_layers=1, embed_dim=64, num_heads=4, ffn_dim=128, max_tokens=64))
    task = dataclasses.replace(parts.task, model=model, masking=config.masking)
    step = jax.jit(make_train_step(task, config), donate_argnums=0)
    state, batch = init_state(task, config), next(parts.loader())
    batch = jax.tree.map(lambda leaf: leaf[None], batch)  # one micro-batch, always with the same masks
    losses = []
    for _ in range(200):
        state, metrics = step(state, batch)
        losses.append(float(metrics.loss))
    assert losses[0] == pytest.approx(np.log(4105), abs=0.1)
    assert losses[-1] < 0.1
