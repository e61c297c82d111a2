"""One update by hand: what loss weights, and a batch without them, make of loss and gradient."""

import dataclasses
from typing import NamedTuple

import chex
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from agront_train import MaskingConfig, MaskingVocabulary, init_state, make_train_step
from toy_training import CLS, CONFIG, N, ToyBatch, ToyBatches, ToyVocabulary, toy_task

# All tokens are chosen and left as they are, so that mask and loss are known beforehand.
ALL_KEPT = dataclasses.replace(CONFIG, masking=MaskingConfig(rate=1.0, mask_share=0.0, random_share=0.0))
VOCABULARY: MaskingVocabulary = ToyVocabulary(nucleotide_ids=range(4, 6))


class Embeddings(NamedTuple):
    embeddings: jax.Array


class Odds:
    """Says that id 4 is three times as likely as id 5, and all others impossible: log(4/3) and log(4)."""

    def init(self, rng, tokens):
        return {"bias": jnp.array([-1e9] * 4 + [np.log(3.0), 0.0] + [-1e9] * 15)}

    def encode(self, params, tokens):
        return Embeddings(jnp.zeros((*tokens.shape, 1)))

    def lm_logits(self, params, embeddings):
        return jnp.zeros((*embeddings.shape[:-1], 21)) + params["bias"]


def task_of(model, tokens):
    return toy_task(model, vocabulary=VOCABULARY, masking=ALL_KEPT.masking, num_tokens=len(tokens))


def one_row(tokens, weights=None):
    weights = None if weights is None else np.array([[weights]], np.float32)
    return ToyBatch(np.array([[tokens]], np.uint16), np.zeros((1, 1), np.uint32), weights)


def update(tokens, weights):
    task = task_of(Odds(), tokens)
    return make_train_step(task, ALL_KEPT)(init_state(task, ALL_KEPT), one_row(tokens, weights))[1]


def moments(config, tokens):
    """Adam's first mean of gradients and the gradient's norm, after one update."""
    task = task_of(Odds(), tokens)
    state, metrics = make_train_step(task, config)(init_state(task, config), one_row(tokens))
    return optax.tree_utils.tree_get(state.opt_state, "mu")["bias"], metrics.grad_norm


LIKELY, UNLIKELY = np.log(4 / 3), np.log(4)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (None, (2 * LIKELY + UNLIKELY) / 3),
        ([1, 1, 1, 1, 1], (2 * LIKELY + UNLIKELY) / 3),
        ([1, 1, 0.5, 0.1, 1], (LIKELY + 0.5 * UNLIKELY + 0.1 * LIKELY) / 1.6),
        ([1, 0, 1, 0, 1], UNLIKELY),
        ([1, 0, 0.01, 0, 1], UNLIKELY),  # a sum of weights below 1 divides like any other
        ([1, 0.01, 0.03, 0, 1], (LIKELY + 3 * UNLIKELY) / 4),
    ],
)
def test_the_loss_is_the_weighted_mean(weights, expected):
    assert update([CLS, 4, 5, 4, N], weights).loss == pytest.approx(expected, rel=1e-6)


def test_the_gradient_is_that_of_the_weighted_mean():
    # d/d bias of the loss of one token: p - onehot. With id 5 alone: (0.75, -0.75).
    assert update([CLS, 4, 5, 4, N], [1, 0, 0.01, 0, 1]).grad_norm == pytest.approx(0.75 * np.sqrt(2), rel=1e-5)
    # Id 4 alone: (-0.25, 0.25).
    assert update([CLS, 4, 5, 4, N], [1, 0.1, 0, 0.1, 1]).grad_norm == pytest.approx(0.25 * np.sqrt(2), rel=1e-5)


@pytest.mark.parametrize(("tokens", "weights"), [([CLS, N, N], None), ([CLS, 4, 5], [1, 0, 0])])
def test_nothing_to_predict_is_a_loss_of_0(tokens, weights):
    metrics = update(tokens, weights)
    assert (metrics.loss, metrics.grad_norm) == (0, 0)


@pytest.mark.parametrize(("clip_norm", "factor"), [(0.1, 0.1 / (0.75 * np.sqrt(2))), (2.0, 1.0)])
def test_clipping_scales_the_whole_gradient_and_reports_its_norm_before(clip_norm, factor):
    optimizer = dataclasses.replace(ALL_KEPT.optimizer, clip_norm=clip_norm)
    mean, norm = moments(dataclasses.replace(ALL_KEPT, optimizer=optimizer), [CLS, 5])
    np.testing.assert_allclose(mean[4:6], [0.1 * 0.75 * factor, -0.1 * 0.75 * factor], rtol=1e-5)
    assert norm == pytest.approx(0.75 * np.sqrt(2), rel=1e-5)


class Poisoned(Odds):
    """Id 20 (N) makes the loss of its row something that is not a number, or the gradient alone infinite."""

    def __init__(self, poison):
        self.poison = poison

    def encode(self, params, tokens):
        bad = (tokens == N).any(axis=1)[:, None, None]
        return Embeddings(jnp.where(bad, 1.0, 0.0) * jnp.ones((*tokens.shape, 1)))

    def lm_logits(self, params, embeddings):
        bias = params["bias"]
        if self.poison == "loss":
            return super().lm_logits(params, embeddings) + jnp.where(embeddings > 0, jnp.nan, 0.0)
        # sqrt has an infinite slope at 0: the loss is finite, and its gradient is not.
        return super().lm_logits(params, embeddings) + jnp.sqrt(jnp.where(embeddings > 0, 0.0 * bias[5] ** 2, 1.0))


@pytest.mark.parametrize("poison", ["loss", "gradient"])
@pytest.mark.parametrize("platform", ["cpu", "tpu"])
def test_an_update_that_is_not_finite_changes_nothing_but_the_counts(poison, platform, monkeypatch):
    if platform == "tpu":  # the same arithmetic without a branch, on the CPU
        monkeypatch.setattr(jax.lax, "platform_dependent", lambda *operands, default, **_: default(*operands))
    good, bad = ([CLS, 4, 5, token] for token in (4, N))
    task = task_of(Poisoned(poison), good)
    step, start = make_train_step(task, ALL_KEPT), init_state(task, ALL_KEPT)

    once, first = step(start, one_row(bad))
    assert (np.isfinite(first.loss), np.isfinite(first.grad_norm)) == (poison == "gradient", False)
    assert (once.step, once.skipped, once.skipped_in_a_row, first.skipped_in_a_row) == (1, 1, 1, 1)
    chex.assert_trees_all_equal((once.params, once.opt_state), (start.params, start.opt_state))

    twice, second = step(once, one_row(bad))
    assert (twice.step, twice.skipped, second.skipped_in_a_row) == (2, 2, 2)

    after, third = step(twice, one_row(good))
    undisturbed, alone = step(start, one_row(good))
    assert (after.step, after.skipped, after.skipped_in_a_row) == (3, 2, 0)
    assert third.learning_rate == alone.learning_rate  # that of the first update, as it is the first to be made
    chex.assert_trees_all_equal((after.params, after.opt_state), (undisturbed.params, undisturbed.opt_state))


def test_a_cpu_branches_over_the_state():
    # A choice by element would make XLA copy the moments there. Elsewhere the branch is what costs memory.
    task = toy_task()
    batch = jax.tree.map(lambda leaf: leaf[None], next(ToyBatches()))
    program = jax.jit(make_train_step(task, CONFIG), donate_argnums=0).lower(init_state(task, CONFIG), batch).compile()
    assert program.as_text().count(" conditional(") == 1
