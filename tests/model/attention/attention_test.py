import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_model import AgroNTConfig, Precision, make_model
from agront_model.attention import attend, attend_head_by_head, attention_weights


def heads(seed, shape):
    """Query, key, value and a target for the output, [rows, tokens, heads, width] each."""
    rng = np.random.default_rng(seed)
    return [jnp.asarray(rng.standard_normal(shape), jnp.float32) for _ in range(4)]


def test_weights_equal_the_formula_in_float64():
    query, key, _, _ = heads(0, (2, 5, 3, 15))
    valid = np.ones((2, 5), bool)
    valid[1, 3:] = False
    scores = np.einsum("bqhd,bkhd->bhqk", np.float64(query), np.float64(key)) / 15**0.5
    exp = np.exp(scores) * valid[:, None, None]
    expected = exp / exp.sum(-1, keepdims=True)
    weights = attention_weights(query, key, jnp.asarray(valid))
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    assert (np.asarray(weights)[1, ..., 3:] == 0).all()


def test_weights_of_bfloat16_heads_are_float32():
    query, key, _, _ = (x.astype(jnp.bfloat16) for x in heads(0, (1, 4, 1, 8)))
    assert attention_weights(query, key, jnp.ones((1, 4), bool)).dtype == jnp.float32


@pytest.mark.parametrize("attention", [attend, attend_head_by_head])
def test_a_row_of_padding_alone_stays_finite(attention):
    query, key, value, _ = heads(1, (1, 4, 2, 6))
    valid = jnp.zeros((1, 4), bool)
    np.testing.assert_allclose(attention_weights(query, key, valid), np.full((1, 2, 4, 4), 0.25))
    mean = np.broadcast_to(np.asarray(value).mean(1, keepdims=True), value.shape)
    np.testing.assert_allclose(attention(query, key, value, valid), mean, atol=1e-6)
    gradients = jax.grad(lambda *a: attention(*a, valid).sum(), (0, 1, 2))(query, key, value)
    assert all(np.isfinite(g).all() for g in gradients)


def gradients_of(attention, arrays, valid):
    *qkv, target = arrays
    loss = lambda *qkv: (attention(*qkv, valid) * target).sum()  # noqa: E731
    return jax.jit(jax.grad(loss, (0, 1, 2)))(*qkv)


@pytest.mark.parametrize("width", [15, 75])
def test_one_head_at_a_time_gives_the_same_values_and_gradients(width):
    arrays = heads(2, (2, 7, 3, width))
    valid = jnp.arange(7) < np.array([7, 4])[:, None]
    np.testing.assert_allclose(attend_head_by_head(*arrays[:3], valid), attend(*arrays[:3], valid), atol=1e-6)
    expected = gradients_of(attend, arrays, valid)
    found = gradients_of(attend_head_by_head, arrays, valid)
    for mine, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, wanted, atol=1e-5)
    for gradient in found[1:]:
        assert (np.asarray(gradient)[1, 4:] == 0).all()


def test_gradients_are_right_where_all_scores_are_far_below_zero():
    # exp(0 - largest) would overflow: the score of a padded key must not get that far.
    query, key, value, target = heads(5, (1, 6, 1, 4))
    arrays = [jnp.abs(query) * 60, -jnp.abs(key) * 60, value, target]
    valid = jnp.arange(6)[None] < 4
    expected = gradients_of(attend, arrays, valid)
    for mine, wanted in zip(gradients_of(attend_head_by_head, arrays, valid), expected, strict=True):
        np.testing.assert_allclose(mine, wanted, atol=1e-4)


def test_bfloat16_gradients_are_as_close_to_float32_as_those_of_the_other_path():
    arrays = heads(6, (2, 16, 2, 24))
    valid = jnp.arange(16) < np.array([16, 9])[:, None]
    expected = gradients_of(attend, arrays, valid)
    rounded = [x.astype(jnp.bfloat16) for x in arrays]

    def errors(attention):
        found = gradients_of(attention, rounded, valid)
        assert all(x.dtype == jnp.bfloat16 for x in found)
        return [float(jnp.abs(x - y).max() / jnp.abs(y).max()) for x, y in zip(found, expected, strict=True)]

    assert max(errors(attend_head_by_head)) < 1.5 * max(errors(attend)) < 0.03


def test_long_rows_equal_the_path_that_hands_out_weights():
    config = AgroNTConfig(vocabulary_size=20, num_layers=2, embed_dim=30, num_heads=2, ffn_dim=16, max_tokens=128)
    model = make_model(config)
    tokens = np.random.default_rng(3).integers(4, 20, (2, 128))
    tokens[1, 100:] = 1
    rng = np.random.default_rng(4)
    shapes = jax.eval_shape(model.init, jax.random.key(1), tokens)
    params = jax.tree.map(lambda x: rng.normal(0, 0.2, x.shape).astype(np.float32), shapes)
    plain = model.encode(params, tokens)
    with_weights = model.encode(params, tokens, attention_layers=(1,))
    np.testing.assert_allclose(plain.embeddings, with_weights.embeddings, atol=2e-5)
    np.testing.assert_allclose(with_weights.attention[1].sum(-1), 1.0, atol=1e-5)


@pytest.mark.parametrize(("platform", "scores"), [("cuda", True), ("tpu", False)])
def test_gradients_of_long_rows_lower_for_accelerators(platform, scores):
    config = AgroNTConfig(vocabulary_size=20, num_layers=2, embed_dim=30, num_heads=2, ffn_dim=16, max_tokens=256)
    model = make_model(config, Precision(compute="bfloat16"))
    tokens = jax.ShapeDtypeStruct((2, 256), jnp.int32)
    params = jax.eval_shape(model.init, jax.random.key(1), tokens)
    gradient = jax.jit(jax.grad(lambda params, tokens: model.encode(params, tokens).embeddings.sum()))
    program = gradient.trace(params, tokens).lower(lowering_platforms=(platform,)).as_text()
    # All heads at once on a GPU without cuDNN: the scores of the whole batch stand in the program. On a TPU the kernels
    # of forward and backward pass, each once in the loop over layers.
    assert ("2x2x256x256xf32" in program) == scores
    assert program.count("tpu_custom_call") == (0 if scores else 2)
