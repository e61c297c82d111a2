"""The kernels of accelerators against `attention_weights`: on a CPU, splash attention step by step, cuDNN replaced."""

import re
from unittest.mock import Mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_model import AgroNTConfig, Precision, make_model
from agront_model.attention import (
    Projections,
    attend_by_cudnn,
    attend_by_device,
    attend_by_splash,
    attention_way,
    attention_weights,
    choice,
)
from agront_model.attention import splash as splash_file
from agront_model.dense import Weights
from jax._src.cudnn import fused_attention_stablehlo

HEADS = 2


def layer(width, dtype=jnp.float32):
    rng = np.random.default_rng(width)
    D = HEADS * width
    matrix = lambda: jnp.asarray(rng.normal(0, D**-0.5, (D, D)), dtype)  # noqa: E731
    bias = lambda: jnp.asarray(rng.normal(0, 0.5, D), dtype)  # noqa: E731
    return Projections(*(Weights(matrix(), bias()) for _ in range(4)))


def plainly(inputs, valid, projections):
    """The definition: softmax over valid keys of query · key / sqrt(width), and the mean of the values."""
    B, T = valid.shape
    dense = lambda x, layer: jnp.dot(x, layer[0], precision="highest") + layer[1]  # noqa: E731
    heads = [dense(inputs, part).reshape(B, T, HEADS, -1) for part in projections[:3]]
    weights = attention_weights(*heads[:2], valid)
    mixed = jnp.einsum("bhqk,bkhd->bqhd", weights, heads[2])
    return dense(mixed.reshape(B * T, -1), projections.output)


def batch(width, lengths, num_tokens):
    rng = np.random.default_rng(7)
    valid = jnp.arange(num_tokens) < np.array(lengths)[:, None]
    inputs, target = rng.standard_normal((2, valid.size, HEADS * width))
    return jnp.asarray(inputs, jnp.float32), jnp.asarray(target, jnp.float32) * valid.reshape(-1, 1), valid


def values_and_gradients(attention, inputs, target, valid, projections):
    def loss(inputs, projections):
        outputs = attention(inputs, valid, projections)
        return (outputs * target).sum(), outputs

    (_, outputs), gradients = jax.jit(jax.value_and_grad(loss, (0, 1), has_aux=True))(inputs, projections)
    return outputs * valid.reshape(-1, 1), gradients


def splash(inputs, valid, projections):
    return attend_by_splash(inputs, valid, projections, HEADS, interpret=True)


@pytest.mark.parametrize(
    ("width", "lengths", "num_tokens"),
    [(15, (256, 131), 256), (64, (130, 0), 130), (75, (200, 1), 200)],
)
def test_splash_attention_equals_the_definition(width, lengths, num_tokens):
    inputs, target, valid = batch(width, lengths, num_tokens)
    projections = layer(width)
    assert_same(splash, inputs, target, valid, projections)


def assert_same(attention, inputs, target, valid, projections):
    found = values_and_gradients(attention, inputs, target, valid, projections)
    expected = values_and_gradients(plainly, inputs, target, valid, projections)
    for mine, wanted in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(mine, wanted, atol=2e-5 * float(jnp.abs(wanted).max()) + 1e-5)


def test_splash_attention_adds_up_over_blocks(monkeypatch):
    monkeypatch.setattr(splash_file, "_LARGEST_BLOCK", 128)
    assert_same(splash, *batch(15, (384, 200), 384), layer(15))


def test_splash_attention_in_bfloat16_is_as_close_as_rounding_allows():
    inputs, target, valid = batch(75, (128, 90), 128)
    exact = values_and_gradients(plainly, inputs, target, valid, layer(75))
    rounded = jax.tree.map(lambda x: x.astype(jnp.bfloat16), (inputs, target))
    found = values_and_gradients(splash, *rounded, valid, layer(75, jnp.bfloat16))
    largest = max(float(jnp.abs(wanted).max()) for wanted in jax.tree.leaves(exact[1]))  # the key's bias has none
    np.testing.assert_allclose(found[0].astype(jnp.float32), exact[0], atol=0.03 * float(jnp.abs(exact[0]).max()))
    for mine, wanted in zip(jax.tree.leaves(found[1]), jax.tree.leaves(exact[1]), strict=True):
        assert mine.dtype == jnp.bfloat16
        np.testing.assert_allclose(mine.astype(jnp.float32), wanted, atol=0.01 * largest)


@pytest.fixture
def in_place_of_cudnn(monkeypatch):
    """`jax.nn.dot_product_attention` as XLA compiles it for any device."""
    whole = jax.nn.dot_product_attention

    def replaced(query, key, value, *, implementation, **options):
        assert implementation == "cudnn"
        assert query.shape[-1] % 8 == 0
        return whole(query, key, value, implementation="xla", **options)

    monkeypatch.setattr(jax.nn, "dot_product_attention", replaced)


@pytest.mark.usefixtures("in_place_of_cudnn")
@pytest.mark.parametrize(("width", "lengths", "num_tokens"), [(15, (130, 0), 130), (75, (150, 1), 150)])
def test_what_cudnn_is_given_makes_the_definition(width, lengths, num_tokens):
    inputs, target, valid = batch(width, lengths, num_tokens)
    projections = layer(width)
    cudnn = lambda *operands: attend_by_cudnn(*operands, HEADS)  # noqa: E731
    assert_same(cudnn, inputs, target, valid, projections)


def gpu(capability):
    """As much of a device as is looked at."""
    client = Mock(platform_version="cuda 12090")
    return Mock(spec=jax.Device, platform="gpu", device_kind="a GPU", compute_capability=capability, client=client)


@pytest.mark.parametrize(("capability", "reason"), [("7.0", "a GPU is older than Ampere"), ("9.0", "cuDNN")])
def test_without_cudnn_a_gpu_attends_to_all_heads_and_says_so_once(monkeypatch, capability, reason):
    choice._say_once.cache_clear()
    monkeypatch.setattr(jax, "local_devices", lambda: [gpu(capability)])
    inputs, _, valid = batch(16, (128, 100), 128)
    operands = inputs.astype(jnp.bfloat16), valid, layer(16, jnp.bfloat16)
    with pytest.warns(UserWarning, match=f"without cuDNN's kernel, slower and in more memory: .*{reason}") as said:
        found = [attend_by_device(*operands, HEADS) for _ in range(2)]
    assert len(said) == 1
    exact = plainly(inputs, valid, layer(16)) * valid.reshape(-1, 1)
    for outputs in found:
        outputs = outputs.astype(jnp.float32) * valid.reshape(-1, 1)
        np.testing.assert_allclose(outputs, exact, atol=0.03 * float(jnp.abs(exact).max()))


def test_tpus_that_are_too_old_for_the_kernel_attend_to_all_heads(monkeypatch):
    monkeypatch.setattr(jax, "local_devices", lambda: [Mock(spec=jax.Device, device_kind="TPU v3", platform="tpu")])
    inputs, _, valid = batch(16, (256, 100), 256)
    program = jax.jit(lambda *operands: attend_by_device(*operands, HEADS)).trace(inputs, valid, layer(16))
    assert "2x2x256x256xf32" in program.lower(lowering_platforms=("tpu",)).as_text()


@pytest.mark.parametrize(("remat", "forward"), [(False, 1), (True, 2)])
def test_a_program_for_a_gpu_runs_cudnns_forward_kernel_once_unless_layers_are_computed_again(
    monkeypatch, remat, forward
):
    # No cuDNN is needed to lower: what JAX asks of it and of the GPU is answered here.
    monkeypatch.setattr(jax, "local_devices", lambda: [gpu("9.0")])
    monkeypatch.setattr(fused_attention_stablehlo, "check_cudnn_version", lambda: 91000)
    for name in ("check_compute_capability", "is_cuda_compute_capability_equal"):
        monkeypatch.setattr(fused_attention_stablehlo, name, lambda _: False)
    config = AgroNTConfig(vocabulary_size=20, num_layers=2, embed_dim=30, num_heads=2, ffn_dim=16, max_tokens=256)
    model = make_model(config, Precision(compute="bfloat16"), remat=remat)
    tokens = jax.ShapeDtypeStruct((2, 256), jnp.int32)
    params = jax.eval_shape(model.init, jax.random.key(1), tokens)
    gradient = jax.jit(jax.grad(lambda params, tokens: model.encode(params, tokens).embeddings.sum()))
    program = gradient.trace(params, tokens).lower(lowering_platforms=("cuda",)).as_text()
    kernels = re.findall(r"@__cudnn\$fmhaSoftmax(Backward)?\(", program)
    assert (kernels.count(""), kernels.count("Backward")) == (forward, 1)
    assert "2x2x256x256xf32" not in program


def test_each_kind_of_device_has_its_way():
    assert attention_way("cpu", "float32", 128) == attention_way("cpu", "bfloat16", 1024) == "head by head"
    assert attention_way("tpu", "float32", 128) == attention_way("tpu", "bfloat16", 1024) == "splash"
    assert attention_way("cuda", "bfloat16", 128) == "cudnn"
    # cuDNN has no kernel in float32; short rows need none; of others nothing is known.
    others = (("cuda", "float32", 1024), ("tpu", "bfloat16", 127), ("cpu", "float32", 127), ("rocm", "bfloat16", 1024))
    assert {attention_way(*other) for other in others} == {"all heads"}


def test_a_program_for_a_tpu_runs_each_kernel_once():
    inputs, target, valid = batch(16, (256, 100), 256)

    def loss(inputs, projections):
        return (attend_by_device(inputs, valid, projections, HEADS) * target).sum()

    gradient = jax.jit(jax.grad(loss, (0, 1))).trace(inputs, layer(16))
    program = gradient.lower(lowering_platforms=("tpu",)).as_text()
    assert program.count("tpu_custom_call") == 2  # forward and backward
    assert "2x2x256x256xf32" not in program  # no scores
