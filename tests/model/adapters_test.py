"""LoRA and IA3: what they add, what they leave as it is, and what they fold into."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_model import IA3, LoRA, Precision, make_model, merge_adapters, split_adapters, with_adapters
from agront_model.attention import Projections, attend_by_splash, attend_head_by_head
from agront_model.dense import LowRank, Weights

EVERYWHERE = LoRA(rank=3, alpha=6, layers=("query", "key", "value", "output", "up", "down"))
ADAPTERS = [LoRA(rank=2), EVERYWHERE, IA3()]


def adapted(pretrained, adapter, deviation=0.0):
    """The small model with an adapter; its parameters are moved away from what they begin with."""
    model = make_model(pretrained.config, adapter=adapter)
    fresh, _ = split_adapters(model.init(jax.random.key(3), np.zeros((1, 1), np.int32)))
    rng = np.random.default_rng(5)
    moved = jax.tree.map(lambda leaf: np.asarray(leaf + deviation * rng.standard_normal(leaf.shape), np.float32), fresh)
    return model, moved


@pytest.mark.parametrize("adapter", ADAPTERS, ids=["query and value", "everywhere", "ia3"])
def test_a_fresh_adapter_changes_nothing(pretrained, tokens, adapter):
    model, fresh = adapted(pretrained, adapter)
    found = model.encode(with_adapters(pretrained.params, fresh), tokens, hidden_states=True, attention_layers=(1,))
    expected = pretrained.model.encode(pretrained.params, tokens, hidden_states=True, attention_layers=(1,))
    jax.tree.map(np.testing.assert_array_equal, found, expected)


def test_where_they_are(pretrained):
    _, lora = adapted(pretrained, LoRA(rank=2, layers=("value", "down")))
    shapes = {name: {key: leaf.shape for key, leaf in leaves.items()} for name, leaves in lora.items()}
    L, D, F = (getattr(pretrained.config, name) for name in ("num_layers", "embed_dim", "ffn_dim"))
    assert sorted(shapes.values(), key=str) == [
        {"lora_down": (L, D, 2), "lora_up": (L, 2, D)},
        {"lora_down": (L, F, 2), "lora_up": (L, 2, D)},
    ]
    assert all(name.endswith(("/value", "/down")) for name in shapes)
    _, ia3 = adapted(pretrained, IA3())
    assert sorted(leaf.shape for leaf in jax.tree.leaves(ia3)) == [(L, D), (L, D), (L, F)]


@pytest.mark.parametrize("adapter", ADAPTERS, ids=["query and value", "everywhere", "ia3"])
def test_merged_weights_give_the_same(pretrained, tokens, adapter):
    model, moved = adapted(pretrained, adapter, deviation=0.2)
    params = with_adapters(pretrained.params, moved)
    found = model.encode(params, tokens).embeddings
    assert np.abs(found - pretrained.model.encode(pretrained.params, tokens).embeddings).max() > 0.01
    merged = merge_adapters(params, adapter)
    jax.tree.map(lambda one, other: None, merged, pretrained.params)  # the same tree
    expected = pretrained.model.encode(merged, tokens).embeddings
    valid = tokens != pretrained.config.pad_token_id
    np.testing.assert_allclose(np.asarray(found)[valid], np.asarray(expected)[valid], atol=1e-5)


def test_parameters_are_told_apart_and_put_together(pretrained):
    _, moved = adapted(pretrained, EVERYWHERE)
    together = with_adapters(pretrained.params, moved)
    adapters, base = split_adapters(together)
    jax.tree.map(np.testing.assert_array_equal, adapters, moved)
    jax.tree.map(np.testing.assert_array_equal, base, dict(pretrained.params))


@pytest.mark.parametrize("adapter", [LoRA(rank=2), IA3()], ids=["lora", "ia3"])
def test_no_gradient_of_a_base_weight_is_computed(pretrained, tokens, adapter):
    """The jaxpr of a step has no product with the shape of a base weight's gradient."""
    model, moved = adapted(pretrained, adapter, deviation=0.1)

    def loss(adapters, base):
        return jnp.square(model.encode(with_adapters(base, adapters), tokens).embeddings).mean()

    of_adapters = jax.make_jaxpr(jax.grad(loss))(moved, dict(pretrained.params))
    of_all = jax.make_jaxpr(jax.grad(loss, argnums=(0, 1)))(moved, dict(pretrained.params))
    D, F = pretrained.config.embed_dim, pretrained.config.ffn_dim
    made = f"f32[{D},{F}] = dot_general"
    assert made in str(of_all)
    assert made not in str(of_adapters)
    assert str(of_adapters).count("dot_general") < str(of_all).count("dot_general")


def layers(low_rank, scale):
    """Four layers of 2 heads of 15, each with what an adapter may have."""
    rng = np.random.default_rng(2)

    def array(*shape):
        return jnp.asarray(rng.normal(0, 0.3, shape), jnp.float32)

    def one():
        extra = LowRank(array(30, 3), array(3, 30), jnp.asarray(rng.random((2 * 130, 30)) < 0.7)) if low_rank else None
        return Weights(array(30, 30), array(30), extra, 1 + array(30) if scale else None)

    projections = Projections(one(), one(), one(), one()._replace(scale=None))
    return array(2 * 130, 30), projections


@pytest.mark.parametrize(("low_rank", "scale"), [(True, False), (False, True)], ids=["lora", "ia3"])
def test_a_kernel_with_padded_heads_does_the_same(low_rank, scale):
    inputs, projections = layers(low_rank, scale)
    valid = jnp.arange(130) < np.array([130, 77])[:, None]
    found = attend_by_splash(inputs, valid, projections, 2, interpret=True)
    expected = projections.outputs(attend_head_by_head(*projections.heads(inputs, 2, 2), valid))
    np.testing.assert_allclose(found[valid.reshape(-1)], expected[valid.reshape(-1)], atol=2e-5)


def test_dropout_is_drawn_row_by_row(pretrained, tokens):
    adapter = dataclasses.replace(EVERYWHERE, dropout=0.4)
    model, moved = adapted(pretrained, adapter, deviation=0.2)
    params, keys = with_adapters(pretrained.params, moved), jax.random.split(jax.random.key(9), 2)
    both = model.encode(params, tokens, dropout_keys=keys).embeddings
    again = model.encode(params, tokens, dropout_keys=keys).embeddings
    np.testing.assert_array_equal(both, again)
    for row in range(2):
        alone = model.encode(params, tokens[row : row + 1], dropout_keys=keys[row : row + 1]).embeddings
        np.testing.assert_allclose(alone[0], both[row], atol=1e-5)
    without = model.encode(params, tokens).embeddings
    assert np.abs(both - without)[0].max() > 0.01
    plain, moved = adapted(pretrained, EVERYWHERE, deviation=0.2)
    np.testing.assert_array_equal(plain.encode(with_adapters(pretrained.params, moved), tokens).embeddings, without)


def test_dropout_leaves_the_mean_as_it_is():
    """Of a single layer: over many draws, what LoRA adds is on average what it adds without dropout."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(1, 40)), rng.normal(size=(40, 1))
    keep = jax.random.bernoulli(jax.random.key(0), 0.6, (20_000, 40))
    low_rank = LowRank(jnp.asarray(w, jnp.float32), jnp.ones((1, 1)) / 0.6, keep)
    inner = low_rank.inner(jnp.repeat(jnp.asarray(x, jnp.float32), 20_000, axis=0)) @ low_rank.up
    deviation = float(np.std(inner)) / 20_000**0.5
    assert abs(float(inner.mean()) - float((x @ w)[0, 0])) < 4 * deviation


@pytest.mark.parametrize("adapter", [LoRA(rank=2), IA3()], ids=["lora", "ia3"])
def test_in_bfloat16_outputs_are_float32_and_near(pretrained, tokens, adapter):
    model, moved = adapted(pretrained, adapter, deviation=0.1)
    params = with_adapters(pretrained.params, moved)
    half = make_model(pretrained.config, Precision(compute="bfloat16"), adapter=adapter)
    found = half.encode(params, tokens).embeddings
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found[0], model.encode(params, tokens).embeddings[0], atol=0.2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rank": 0}, "rank is 0: it must be at least 1"),
        ({"dropout": 1.0}, "dropout is 1.0: it is a share of the inputs"),
        ({"layers": ()}, "name one at least of query, key, value, output, up, down"),
    ],
)
def test_settings_that_mean_nothing(changes, message):
    with pytest.raises(ValueError, match=message):
        LoRA(**changes)
