import haiku as hk
import jax
import jax.numpy as jnp
import jmp
import numpy as np
import pytest
from agront_model import Precision, make_model
from agront_model.dense import Dense

MODULES = (Dense, hk.Embed, hk.LayerNorm)


def equations(jaxpr):
    """All primitive applications of a jaxpr and of those inside it."""
    for equation in jaxpr.eqns:
        yield equation
        for value in jax.tree.leaves(equation.params, is_leaf=lambda x: hasattr(x, "eqns") or hasattr(x, "jaxpr")):
            inner = getattr(value, "jaxpr", value)
            if hasattr(inner, "eqns"):
                yield from equations(inner)


def operand_dtypes(jaxpr, primitive):
    return {str(e.invars[0].aval.dtype) for e in equations(jaxpr.jaxpr) if e.primitive.name == primitive}


def test_policy_keeps_parameters_and_outputs_in_float32():
    policy = Precision(compute="bfloat16").policy
    assert (policy.param_dtype, policy.compute_dtype, policy.output_dtype) == (jnp.float32, jnp.bfloat16, jnp.float32)
    assert Precision().policy.compute_dtype == jnp.float32


@pytest.mark.usefixtures("unchecked_types")
def test_unknown_format_is_refused():
    with pytest.raises(ValueError, match="'float32' or 'bfloat16', got 'float16'"):
        Precision(compute="float16")


@pytest.mark.parametrize("compute", ["float32", "bfloat16"])
def test_products_are_in_the_compute_format_and_the_rest_in_float32(pretrained, tokens, compute):
    model = make_model(pretrained.config, Precision(compute=compute))
    encode = jax.make_jaxpr(lambda p, t: model.encode(p, t, True, (0,)))(pretrained.params, tokens)
    assert operand_dtypes(encode, "dot_general") == {compute}
    assert operand_dtypes(encode, "exp") == {"float32"}  # softmax
    assert operand_dtypes(encode, "rsqrt") == {"float32"}  # layer norm
    assert {str(x.dtype) for x in encode.out_avals} == {"float32"}
    logits = jax.make_jaxpr(model.lm_logits)(pretrained.params, jnp.zeros((2, pretrained.config.embed_dim)))
    assert operand_dtypes(logits, "dot_general") == {compute, "float32"}
    assert logits.out_avals[0].dtype == jnp.float32


def test_parameters_are_float32(config, tokens):
    params = jax.eval_shape(make_model(config, Precision(compute="bfloat16")).init, jax.random.key(0), tokens)
    assert {leaf.dtype for leaf in jax.tree.leaves(params)} == {jnp.dtype("float32")}


def test_gradients_are_float32_and_close_to_those_in_float32(pretrained, gradients, gradients_of):
    mixed = gradients_of(make_model(pretrained.config, Precision(compute="bfloat16")))
    largest = max(float(jnp.abs(g).max()) for g in jax.tree.leaves(gradients))
    for a, b in zip(jax.tree.leaves(gradients), jax.tree.leaves(mixed), strict=True):
        assert b.dtype == jnp.float32
        np.testing.assert_allclose(a, b, atol=0.03 * largest)


def test_nothing_global_is_left_behind(pretrained, tokens):
    model = make_model(pretrained.config, Precision(compute="bfloat16"))
    jax.eval_shape(model.init, jax.random.key(0), tokens)
    jax.eval_shape(lambda p: model.lm_logits(p, model.encode(p, tokens).embeddings), pretrained.params)
    assert [hk.mixed_precision.get_policy(module) for module in MODULES] == [None, None, None]

    other = hk.without_apply_rng(hk.transform(lambda x: hk.Linear(3)(x)))
    x = jnp.ones((2, 4))
    jaxpr = jax.make_jaxpr(other.apply)(other.init(jax.random.key(0), x), x)
    assert "bf16" not in str(jaxpr)


def test_policies_of_others_are_put_back_even_after_an_error():
    theirs = jmp.get_policy("float16")

    def fail():
        with Precision(compute="bfloat16").scope():
            assert hk.mixed_precision.get_policy(Dense).compute_dtype == jnp.bfloat16
            raise KeyError

    with hk.mixed_precision.push_policy(Dense, theirs):
        with pytest.raises(KeyError):
            fail()
        assert hk.mixed_precision.get_policy(Dense) == theirs
    assert hk.mixed_precision.get_policy(hk.LayerNorm) is None
