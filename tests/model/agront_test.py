import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_model import AGRONT_1B, AgroNTConfig, Precision, count_parameters, make_model

KEY = jax.random.key(0)
ERF = np.vectorize(math.erf, otypes=[float])


def forward_in_float64(params, tokens, config):
    """The architecture written out in NumPy: hidden states, attention of each layer, logits."""
    get = {
        f"{module.removeprefix('agront/')}/{name}": np.float64(x)
        for module in params
        for name, x in params[module].items()
    }

    def norm(x, name, i=...):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x**2).mean(-1, keepdims=True) + config.layer_norm_eps)
        return x * get[f"{name}/scale"][i] + get[f"{name}/offset"][i]

    def dense(x, name, i=...):
        return x @ get[f"{name}/w"][i] + get[f"{name}/b"][i]

    def gelu(x):
        return x * (1 + ERF(x / 2**0.5)) / 2

    (B, T), H, d = tokens.shape, config.num_heads, config.embed_dim // config.num_heads
    valid = tokens != 1
    positions = np.where(valid, valid.cumsum(1) + 1, 1)
    x = get["embeddings/tokens/embeddings"][tokens] + get["embeddings/positions/embeddings"][positions]
    states, maps = [x], []
    for i in range(config.num_layers):
        h = norm(x, "layers/attention_norm", i)
        q, k, v = (dense(h, f"layers/attention/{n}", i).reshape(B, T, H, d) for n in ("query", "key", "value"))
        a = np.exp(np.einsum("bqhd,bkhd->bhqk", q, k) / d**0.5) * valid[:, None, None, :]
        a /= a.sum(-1, keepdims=True)
        x = x + dense(np.einsum("bhqk,bkhd->bqhd", a, v).reshape(B, T, H * d), "layers/attention/output", i)
        h = gelu(dense(norm(x, "layers/ffn_norm", i), "layers/ffn/up", i))
        x = x + dense(h, "layers/ffn/down", i)
        states.append(x)
        maps.append(a)
    states[-1] = norm(x, "final_norm")
    logits = dense(norm(gelu(dense(states[-1], "lm_head/dense")), "lm_head/norm"), "lm_head/decoder")
    return np.stack(states), maps, logits


def error(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize(("width", "num_heads", "eps"), [(30, 2, 1e-12), (150, 2, 1e-5)])
def test_equals_the_architecture_written_out(tokens, width, num_heads, eps):
    config = AgroNTConfig(
        vocabulary_size=40,
        num_layers=2,
        embed_dim=width,
        num_heads=num_heads,
        ffn_dim=44,
        max_tokens=24,
        layer_norm_eps=eps,
    )
    model = make_model(config)
    rng = np.random.default_rng(5)
    shapes = jax.eval_shape(model.init, KEY, tokens)
    params = jax.tree.map(lambda x: rng.normal(0, 0.2, x.shape).astype(np.float32), shapes)
    states, maps, logits = forward_in_float64(params, tokens, config)
    out = model.encode(params, tokens, hidden_states=True, attention_layers=(0, 1))
    valid = tokens != 1
    assert error(out.embeddings[valid], states[-1][valid]) < 1e-5
    assert error(out.hidden_states[:, valid], states[:, valid]) < 1e-5
    for layer in (0, 1):
        np.testing.assert_allclose(out.attention[layer], maps[layer], atol=1e-5)
    assert error(model.lm_logits(params, out.embeddings)[valid], logits[valid]) < 1e-5


def test_the_published_model_has_its_published_size():
    assert count_parameters(AGRONT_1B) == 991_260_405


def test_parameters_of_a_small_model_counted_by_hand():
    config = AgroNTConfig(vocabulary_size=10, num_layers=2, embed_dim=4, num_heads=2, ffn_dim=6, max_tokens=5)
    embeddings = 10 * 4 + 7 * 4
    layer = 4 * (4 * 4 + 4) + (4 * 6 + 6) + (6 * 4 + 4) + 2 * (4 + 4)
    head = (4 * 4 + 4) + (4 + 4) + (4 * 10 + 10)
    assert count_parameters(config) == embeddings + 2 * layer + (4 + 4) + head


def test_one_tree_of_parameters_whatever_is_asked(config, tokens):
    trees = [
        jax.eval_shape(make_model(config, Precision(compute=compute), remat=remat).init, KEY, rows)
        for compute in ("float32", "bfloat16")
        for remat in (False, True)
        for rows in (tokens, tokens[:1, :3])
    ]
    assert all(tree == trees[0] for tree in trees)
    assert {name.split("/")[0] for name in trees[0]} == {"agront"}


def test_initial_weights_are_normal_biases_zero_scales_one(tokens):
    config = AgroNTConfig(
        vocabulary_size=500, num_layers=2, embed_dim=64, num_heads=2, ffn_dim=128, max_tokens=98, initializer_range=0.05
    )
    params = make_model(config).init(KEY, tokens)
    for module, values in params.items():
        for name, value in values.items():
            if name in ("b", "offset"):
                np.testing.assert_array_equal(value, 0, err_msg=module)
            elif name == "scale":
                np.testing.assert_array_equal(value, 1, err_msg=module)
            else:
                assert abs(float(value.std()) / 0.05 - 1) < 0.04, module
                assert abs(float(value.mean())) < 0.05 * 5 / value.size**0.5, module
                # A normal distribution reaches past three standard deviations; one truncated at two does not.
                assert float(jnp.abs(value).max()) > 0.15, module
    query = params["agront/layers/attention/query"]["w"]
    assert not np.allclose(query[0], query[1])
    assert not np.allclose(query, params["agront/layers/attention/key"]["w"])


def test_hidden_states_begin_with_the_embedded_tokens_and_end_with_the_embeddings(pretrained, tokens):
    out = pretrained.model.encode(pretrained.params, tokens, hidden_states=True)
    assert out.hidden_states.shape == (4, 2, 12, 30)
    np.testing.assert_array_equal(out.hidden_states[-1], out.embeddings)
    table = pretrained.params["agront/embeddings/tokens"]["embeddings"]
    places = pretrained.params["agront/embeddings/positions"]["embeddings"]
    np.testing.assert_allclose(out.hidden_states[0][0], table[tokens[0].astype(int)] + places[2:14], atol=1e-6)
    plain = pretrained.model.encode(pretrained.params, tokens)
    assert plain.hidden_states is None
    assert pretrained.model.encode(pretrained.params, tokens, hidden_states=()).hidden_states is None
    assert plain.attention == {}
    np.testing.assert_allclose(plain.embeddings, out.embeddings, atol=1e-5)


def test_attention_of_the_layers_that_were_named(pretrained, tokens):
    encode = pretrained.model.encode
    everything = encode(pretrained.params, tokens, attention_layers=range(3)).attention
    some = encode(pretrained.params, tokens, attention_layers=[2, 0, 2]).attention
    assert sorted(everything) == [0, 1, 2]
    assert sorted(some) == [0, 2]
    for layer, weights in some.items():
        assert weights.shape == (2, 2, 12, 12)
        np.testing.assert_allclose(weights, everything[layer], atol=1e-6)
    assert not np.allclose(everything[0], everything[2], atol=1e-2)


@pytest.mark.parametrize("asked", [(3,), (0, 1, 2, 3), (2, 0), [1, 3], range(2)])
def test_hidden_states_that_were_named_in_their_order(pretrained, tokens, asked):
    everything = pretrained.model.encode(pretrained.params, tokens, hidden_states=True, attention_layers=(1,))
    some = pretrained.model.encode(pretrained.params, tokens, hidden_states=asked, attention_layers=(1,))
    assert some.hidden_states.shape == (len(asked), 2, 12, 30)
    for state, number in zip(some.hidden_states, asked, strict=True):
        np.testing.assert_allclose(state, everything.hidden_states[number], atol=1e-6)
    np.testing.assert_allclose(some.embeddings, everything.embeddings, atol=1e-6)
    np.testing.assert_allclose(some.attention[1], everything.attention[1], atol=1e-6)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ((0, 4), "no hidden state 4, they count from 0 to 3"),
        ((-1,), "no hidden state -1"),
        ((2, 2), r"names one of them twice: \[2, 2\]"),
    ],
)
def test_hidden_states_that_are_not_there_or_named_twice_are_refused(pretrained, tokens, asked, message):
    with pytest.raises(ValueError, match=message):
        pretrained.model.encode(pretrained.params, tokens, hidden_states=asked)


@pytest.mark.parametrize("layer", [-1, 3])
def test_a_layer_that_is_not_there_is_refused(pretrained, tokens, layer):
    with pytest.raises(ValueError, match=f"no layer {layer}, they count from 0 to 2"):
        pretrained.model.encode(pretrained.params, tokens, attention_layers=(layer,))


def test_padding_changes_no_other_position(pretrained, tokens):
    alone = pretrained.model.encode(pretrained.params, tokens[1:, :7]).embeddings[0]
    padded = pretrained.model.encode(pretrained.params, tokens).embeddings[1, :7]
    wide = np.pad(tokens, ((0, 0), (0, 12)), constant_values=1)
    wider = pretrained.model.encode(pretrained.params, wide).embeddings[1, :7]
    np.testing.assert_allclose(padded, alone, atol=1e-5)
    np.testing.assert_allclose(wider, alone, atol=1e-5)


def test_a_row_of_padding_alone_is_finite_and_so_are_gradients(pretrained, tokens):
    tokens = tokens.copy()
    tokens[1] = 1

    def loss(params):
        out = pretrained.model.encode(params, tokens).embeddings
        return jnp.square(out).sum(), out

    gradients, out = jax.jit(jax.grad(loss, has_aux=True))(pretrained.params)
    assert np.isfinite(out).all()
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradients))


@pytest.mark.skipif(jax.device_count() < 2, reason="needs two devices, virtual ones will do")
def test_runs_under_pmap(pretrained, tokens):
    rows = tokens[:, None]
    devices = jax.devices()[:2]
    params = jax.tree.map(lambda x: np.stack([x, x]), pretrained.params)
    found = jax.pmap(lambda p, t: pretrained.model.encode(p, t).embeddings, devices=devices)(params, rows)
    expected = pretrained.model.encode(pretrained.params, tokens).embeddings
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-5)


def test_plain_lists_of_tokens_are_taken_too(pretrained, tokens):
    found = pretrained.model.encode(pretrained.params, tokens.tolist()).embeddings
    np.testing.assert_array_equal(found, pretrained.model.encode(pretrained.params, tokens).embeddings)
