"""Heads beside sums in NumPy, row by row."""

import jax
import numpy as np
import pytest
from agront_model import AgroNTConfig, HeadConfig, make_head

MODEL = AgroNTConfig(vocabulary_size=40, num_layers=1, embed_dim=6, num_heads=2, ffn_dim=8, max_tokens=24)
RNG = np.random.default_rng(0)
EMBEDDINGS = RNG.normal(size=(3, 9, 6)).astype(np.float32)
LENGTHS = [9, 5, 2]  # <cls> included
VALID = np.arange(9) < np.array(LENGTHS)[:, None]


def made(**settings):
    head = make_head(HeadConfig(**settings), MODEL)
    params = jax.tree.map(
        lambda leaf: np.asarray(leaf) + RNG.normal(size=leaf.shape).astype(np.float32), head.init(jax.random.key(0))
    )
    return params, np.asarray(head.predict(params, EMBEDDINGS, VALID))


def out(params, vector):
    return vector @ params["head/out"]["w"] + params["head/out"]["b"]


def attention_of(params, tokens):
    scores = (tokens @ params["head/attention"]["w"] + params["head/attention"]["b"])[:, 0]
    weights = np.exp(scores - scores.max())
    return weights / weights.sum() @ tokens


def around_the_middle(tokens, reach):
    middle, parts = len(tokens) // 2, []
    for place in range(middle - reach, middle + reach + 1):
        parts.append(tokens[place] if 0 <= place < len(tokens) else np.zeros(6))
    return np.concatenate(parts)


POOLED = {
    "mean": lambda params, row, tokens: tokens.mean(0),
    "max": lambda params, row, tokens: tokens.max(0),
    "cls": lambda params, row, tokens: np.tanh(row[0] @ params["head/dense"]["w"] + params["head/dense"]["b"]),
    "attention": lambda params, row, tokens: attention_of(params, tokens),
    "position": lambda params, row, tokens: around_the_middle(tokens, 2),
}


@pytest.mark.parametrize("pooling", POOLED)
def test_a_row_is_pooled_without_its_padding(pooling):
    params, found = made(num_outputs=3, pooling=pooling, reach=2)
    assert (found.shape, found.dtype) == ((3, 3), np.float32)
    for row, length, numbers in zip(EMBEDDINGS, LENGTHS, found, strict=True):
        np.testing.assert_allclose(numbers, out(params, POOLED[pooling](params, row, row[1:length])), atol=1e-5)


def test_each_token_and_each_base_has_numbers():
    params, found = made(num_outputs=2, pooling="token")
    np.testing.assert_allclose(found, out(params, EMBEDDINGS), atol=1e-5)
    params, found = made(num_outputs=2, pooling="base", k=3)
    np.testing.assert_allclose(found, out(params, EMBEDDINGS).reshape(3, 9, 3, 2), atol=1e-5)


@pytest.mark.parametrize("pooling", [*POOLED, "token", "base"])
def test_padding_changes_nothing_and_gets_no_gradient(pooling):
    head = make_head(HeadConfig(2, pooling), MODEL)
    params = head.init(jax.random.key(1))
    valid = VALID[:, None] if pooling in ("token", "base") else None

    def total(embeddings):
        numbers = head.predict(params, embeddings, VALID)
        return (numbers if valid is None else numbers[VALID]).sum()

    gradient = np.asarray(jax.grad(total)(EMBEDDINGS))
    assert np.isfinite(gradient).all()
    assert (gradient[~VALID] == 0).all()
    other = np.where(VALID[:, :, None], EMBEDDINGS, 7.0).astype(np.float32)
    assert total(other) == pytest.approx(float(total(EMBEDDINGS)), abs=1e-5)


@pytest.mark.parametrize("settings", [{"num_outputs": 0}, {"num_outputs": 1, "k": 0}, {"num_outputs": 1, "reach": -1}])
def test_settings_that_mean_nothing(settings):
    with pytest.raises(ValueError, match="the first two must be at least 1"):
        HeadConfig(**settings)
