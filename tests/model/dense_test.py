import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_model import AgroNTConfig, dense
from agront_model.dense import Dense, product

CONFIG = AgroNTConfig(vocabulary_size=20, num_layers=1, embed_dim=12, num_heads=2, ffn_dim=16, max_tokens=8)


def arrays(dtype):
    rng = np.random.default_rng(0)
    return [jnp.asarray(rng.standard_normal(shape), dtype) for shape in ((700, 300), (300, 40), (700, 40))]


def test_in_float32_it_is_haikus_layer_bit_for_bit():
    x = arrays(jnp.float32)[0]
    ours = hk.without_apply_rng(hk.transform(lambda x: Dense(16, CONFIG, "layer")(x)))
    w_init = hk.initializers.RandomNormal(CONFIG.initializer_range)
    theirs = hk.without_apply_rng(hk.transform(lambda x: hk.Linear(16, w_init=w_init, name="layer")(x)))
    params = ours.init(jax.random.key(1), x)
    jax.tree.map(np.testing.assert_array_equal, params, theirs.init(jax.random.key(1), x))

    def gradients(layer):
        return jax.grad(lambda params, x: (layer.apply(params, x) ** 2).sum(), (0, 1))(params, x)

    np.testing.assert_array_equal(ours.apply(params, x), theirs.apply(params, x))
    jax.tree.map(np.testing.assert_array_equal, gradients(ours), gradients(theirs))


@pytest.mark.parametrize("place", ["value", "gradient of the inputs", "gradient of the weights"])
def test_in_bfloat16_sums_are_rounded_once_where_that_is_fast(monkeypatch, place):
    monkeypatch.setattr(dense, "has_bfloat16_unit", lambda: True)
    x, w, g = arrays(jnp.bfloat16)
    value, backward = jax.vjp(product, x, w)
    found = {"value": value, "gradient of the inputs": backward(g)[0], "gradient of the weights": backward(g)[1]}[place]
    X, W, G = (np.asarray(array, np.float64) for array in (x, w, g))
    exact = {"value": X @ W, "gradient of the inputs": G @ W.T, "gradient of the weights": X.T @ G}[place]
    assert found.dtype == jnp.bfloat16
    # Half of the last of 8 bits, and what summing in float32 adds; a sum in bfloat16 is off by more.
    np.testing.assert_allclose(np.asarray(found, np.float64), exact, rtol=2**-8, atol=1e-4)


def test_a_layer_hands_out_its_weights():
    def both(x):
        layer = Dense(16, CONFIG, "layer")
        return layer.weights(12), layer(x)

    transformed = hk.without_apply_rng(hk.transform(both))
    x = arrays(jnp.float32)[0][:5, :12]
    params = transformed.init(jax.random.key(0), x)
    (w, b, *_), outputs = transformed.apply(params, x)
    assert (w.shape, b.shape) == ((12, 16), (16,))
    np.testing.assert_allclose(x @ w + b, outputs, rtol=1e-6)


def test_without_a_unit_for_bfloat16_a_cpu_multiplies_as_xla_likes(monkeypatch):
    monkeypatch.setattr(dense, "has_bfloat16_unit", lambda: False)
    x, w, _ = arrays(jnp.bfloat16)
    assert str(jax.make_jaxpr(product)(x, w)) == str(jax.make_jaxpr(jnp.dot)(x, w))
