import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_model import AgroNTConfig, make_model
from agront_model.attention import attend, attend_head_by_head, attention_weights


def heads(seed, shape):
    """Query, key, value and a target for the output; keys and values stand transposed."""
    rng = np.random.default_rng(seed)
    rows, heads, tokens, width = shape
    transposed = (rows, heads, width, tokens)
    return [jnp.asarray(rng.standard_normal(s), jnp.float32) for s in (shape, transposed, transposed, shape)]


def test_weights_equal_the_formula_in_float64():
    query, key, _, _ = heads(0, (2, 3, 5, 15))
    valid = np.ones((2, 1, 1, 5), bool)
    valid[1, ..., 3:] = False
    scores = np.einsum("bhqd,bhdk->bhqk", np.float64(query), np.float64(key)) / 15**0.5
    exp = np.exp(scores) * valid
    expected = exp / exp.sum(-1, keepdims=True)
    weights = attention_weights(query, key, valid)
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    assert (np.asarray(weights)[1, ..., 3:] == 0).all()


def test_weights_of_bfloat16_heads_are_float32():
    query, key, _, _ = (x.astype(jnp.bfloat16) for x in heads(0, (1, 1, 4, 8)))
    assert attention_weights(query, key, np.ones((1, 1, 1, 4), bool)).dtype == jnp.float32


def test_a_row_of_padding_alone_stays_finite():
    query, key, value, _ = heads(1, (1, 2, 4, 6))
    valid = np.zeros((1, 1, 1, 4), bool)
    np.testing.assert_allclose(attention_weights(query, key, valid), np.full((1, 2, 4, 4), 0.25))
    gradients = jax.grad(lambda *a: attend(*a, valid).sum(), (0, 1, 2))(query, key, value)
    assert all(np.isfinite(g).all() for g in gradients)


@pytest.mark.parametrize("width", [15, 75])
def test_one_head_at_a_time_gives_the_same_values_and_gradients(width):
    *qkv, target = heads(2, (2, 3, 7, width))
    valid = np.arange(7) < np.array([7, 4]).reshape(2, 1, 1, 1)

    def loss(attention):
        return lambda *qkv: (attention(*qkv, valid) * target).sum()

    np.testing.assert_allclose(attend_head_by_head(*qkv, valid), attend(*qkv, valid), atol=1e-6)
    expected = jax.grad(loss(attend), (0, 1, 2))(*qkv)
    for found, wanted in zip(jax.jit(jax.grad(loss(attend_head_by_head), (0, 1, 2)))(*qkv), expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_long_rows_equal_the_path_that_hands_out_weights():
    config = AgroNTConfig(vocabulary_size=20, num_layers=2, embed_dim=30, num_heads=2, ffn_dim=16, max_tokens=256)
    model = make_model(config)
    tokens = np.random.default_rng(3).integers(4, 20, (2, 256))
    tokens[1, 200:] = 1
    rng = np.random.default_rng(4)
    shapes = jax.eval_shape(model.init, jax.random.key(1), tokens)
    params = jax.tree.map(lambda x: rng.normal(0, 0.2, x.shape).astype(np.float32), shapes)
    plain = model.encode(params, tokens)
    with_weights = model.encode(params, tokens, attention_layers=(1,))
    np.testing.assert_allclose(plain.embeddings, with_weights.embeddings, atol=2e-5)
    np.testing.assert_allclose(with_weights.attention[1].sum(-1), 1.0, atol=1e-5)
