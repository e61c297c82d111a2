import dataclasses
import math

import jax
import jax.numpy as jnp
import numpy as np
from agront_model import make_model
from agront_model.transformer import gelu

X = np.linspace(-6, 6, 49)


def test_gelu_is_the_one_with_the_error_function():
    expected = [x * 0.5 * (1 + math.erf(x / math.sqrt(2))) for x in X]
    np.testing.assert_allclose(gelu(jnp.asarray(X, jnp.float32)), expected, atol=1e-6)


def test_gelu_gradient_is_the_analytic_one():
    expected = [0.5 * (1 + math.erf(x / 2**0.5)) + x * math.exp(-(x**2) / 2) / math.sqrt(2 * math.pi) for x in X]
    found = jax.vmap(jax.grad(gelu))(jnp.asarray(X, jnp.float32))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_parameters_of_the_layers_carry_a_leading_layer_axis(pretrained):
    layers = {name: values for name, values in pretrained.params.items() if name.startswith("agront/layers/")}
    assert sorted(name.removeprefix("agront/layers/") for name in layers) == [
        "attention/key",
        "attention/output",
        "attention/query",
        "attention/value",
        "attention_norm",
        "ffn/down",
        "ffn/up",
        "ffn_norm",
    ]
    assert {leaf.shape[0] for leaf in jax.tree.leaves(layers)} == {3}
    assert layers["agront/layers/ffn/up"]["w"].shape == (3, 30, 44)


def test_remat_gives_the_same_gradients(pretrained, gradients, gradients_of):
    remat = gradients_of(make_model(pretrained.config, remat=True))
    largest = max(float(jnp.abs(g).max()) for g in jax.tree.leaves(gradients))
    assert largest > 0
    for name in gradients:
        for key, gradient in gradients[name].items():
            np.testing.assert_allclose(gradient, remat[name][key], atol=1e-6 * largest, err_msg=f"{name}/{key}")


def test_remat_stores_less_for_the_backward_pass(pretrained, tokens):
    def stored(remat):
        model = make_model(pretrained.config, remat=remat)
        _, backward = jax.vjp(lambda params: model.encode(params, tokens).embeddings, pretrained.params)
        return sum(leaf.size for leaf in jax.tree.leaves(backward))

    assert stored(True) < stored(False)


def test_the_gradient_of_40_layers_is_as_long_a_program_as_that_of_4(config, tokens):
    def program(num_layers):
        model = make_model(dataclasses.replace(config, num_layers=num_layers), remat=True)
        shapes = jax.eval_shape(model.init, jax.random.key(0), tokens)
        return jax.jit(jax.grad(lambda params: model.encode(params, tokens).embeddings.sum())).lower(shapes).as_text()

    # Longer by the digits of "40" and of the layers' slots, which stand in it as one constant.
    assert len(program(40)) < 1.02 * len(program(4))


def test_only_results_of_products_are_stored_for_the_backward_pass(pretrained, tokens):
    _, backward = jax.vjp(lambda params: pretrained.model.encode(params, tokens).embeddings, pretrained.params)
    of_layers = [leaf.shape[1:] for leaf in jax.tree.leaves(backward) if leaf.shape[:1] == (3,)]
    stored = [shape for shape in of_layers if math.prod(shape) >= 2 * 12 * 30]
    # Input, query, key, value, mixed values, what attention made of the input: 6 of width 30, and the hidden layer.
    parameters = {leaf.shape[1:] for leaf in jax.tree.leaves(pretrained.params) if leaf.shape[:1] == (3,)}
    widths = sorted(math.prod(shape) // (2 * 12) for shape in stored if shape not in parameters)
    assert widths == [30] * 6 + [44]


def test_attention_maps_of_one_layer_do_not_take_the_memory_of_all(pretrained, tokens):
    encode = pretrained.model.encode
    jaxpr = str(jax.make_jaxpr(lambda p, t: encode(p, t, attention_layers=(1,)))(pretrained.params, tokens))
    # The buffer [maps, B, H, T, T] of one map stands in the program, one of three nowhere.
    assert "f32[1,2,2,12,12]" in jaxpr
    assert "f32[3,2,2,12,12]" not in jaxpr


def test_one_hidden_state_does_not_take_the_memory_of_all(pretrained, tokens):
    encode = pretrained.model.encode
    jaxpr = str(jax.make_jaxpr(lambda p, t: encode(p, t, hidden_states=(2,)))(pretrained.params, tokens))
    # The buffer [states, N, D] of one state stands in the program, one of three or of all four nowhere.
    assert "f32[1,24,30]" in jaxpr
    assert "f32[3,24,30]" not in jaxpr
    assert "f32[4,24,30]" not in jaxpr
