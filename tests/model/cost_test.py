"""The formulas of `agront_model.cost` beside what XLA counts and allocates for the model as it is."""

import dataclasses
import functools
import itertools
import math

import haiku as hk
import jax
import jax.numpy as jnp
import pytest
from agront_model import (
    AGRONT_1B,
    AgroNTConfig,
    Precision,
    attention_way,
    cost,
    forward_flops,
    hardware_flops,
    make_model,
    model_flops,
    row_bytes,
    row_costs,
    row_traffic,
    weight_copy_bytes,
)

SMALL = AgroNTConfig(vocabulary_size=100, num_layers=2, embed_dim=8, num_heads=2, ffn_dim=32, max_tokens=16)


def test_flops_by_hand():
    # 10 tokens of which 3 are masked, width 8, hidden 32, 100 logits; two FLOP a multiply-add, 2 layers.
    assert dataclasses.asdict(forward_flops(SMALL, 10, 3)) == {
        "projections": 2 * 4 * 2 * 10 * 8 * 8,
        "attention": 2 * 2 * 2 * 10 * 10 * 8,
        "feed_forward": 2 * 2 * 2 * 10 * 8 * 32,
        "lm_head": 2 * 3 * 8 * 8 + 2 * 3 * 8 * 100,
    }
    assert model_flops(SMALL, 10, 3).total == 3 * (10_240 + 6_400 + 20_480 + 5_184)


def test_recomputation_costs_hardware_flops_only():
    without, with_remat = (hardware_flops(SMALL, 10, 3, remat=remat) for remat in (False, True))
    assert without.total - model_flops(SMALL, 10, 3).total == 3_200  # queries with keys, once more
    # A forward pass of the layers more, but for the second product of the feed-forward network.
    assert with_remat.total - without.total == 10_240 + 6_400 + 10_240
    assert with_remat.lm_head == model_flops(SMALL, 10, 3).lm_head


def test_the_published_run_needs_some_3e21_flop():
    # Known from the paper's figures: 6 FLOP a parameter and token, and the attention products.
    flops = model_flops(AGRONT_1B, 1024, 154)
    layers = 40 * (4 * 1500**2 + 2 * 1500 * 5120)
    assert flops.projections + flops.feed_forward == 6 * layers * 1024
    assert 315_000 * 1536 * flops.total == pytest.approx(3.27e21, rel=2e-3)


# What XLA counts and allocates is settled before LLVM optimises, which takes half of the time.
QUICKLY = {"xla_backend_optimization_level": 0}


def gradient_of(config, compute, remat, rows, num_tokens, num_masked):
    """The gradient that a training step needs, compiled for these shapes; nothing is run."""
    model = make_model(config, Precision(compute=compute), remat=remat)

    def loss(params, tokens, positions, targets):
        embeddings = model.encode(params, tokens).embeddings
        at_masks = jnp.take_along_axis(embeddings, positions[:, :, None], axis=1)
        logits = model.lm_logits(params, at_masks)
        of_targets = jnp.take_along_axis(logits, targets[:, :, None], axis=2)[:, :, 0]
        return (jax.nn.logsumexp(logits, axis=-1) - of_targets).sum()

    tokens = jax.ShapeDtypeStruct((rows, num_tokens), jnp.int32)
    masked = jax.ShapeDtypeStruct((rows, num_masked), jnp.int32)
    params = jax.eval_shape(model.init, jax.random.key(0), tokens)
    return jax.jit(jax.grad(loss)).lower(params, tokens, masked, masked).compile(QUICKLY)


def small_model(num_layers, embed_dim, num_heads, ffn_dim, num_tokens, vocabulary_size):
    return AgroNTConfig(
        num_layers=num_layers,
        embed_dim=embed_dim,
        num_heads=num_heads,
        ffn_dim=ffn_dim,
        max_tokens=num_tokens,
        vocabulary_size=vocabulary_size,
    )


@pytest.mark.parametrize(
    ("layers", "width", "heads", "ffn", "tokens", "vocabulary", "compute", "remat"),
    [
        (3, 128, 2, 512, 120, 1000, "float32", False),
        (3, 128, 2, 512, 120, 1000, "float32", True),
        (2, 256, 4, 1024, 120, 400, "bfloat16", True),
        (2, 256, 4, 1024, 120, 400, "bfloat16", False),
    ],
)
def test_hardware_flops_are_those_that_xla_counts(
    monkeypatch, layers, width, heads, ffn, tokens, vocabulary, compute, remat
):
    # XLA counts the body of a loop once: the stack is unrolled, and attention has no loop below 128 tokens; a loop that
    # scatters holds no product. XLA counts elementwise work too, which the formula leaves out.
    stack = hk.layer_stack
    monkeypatch.setattr(hk, "layer_stack", lambda number, **options: stack(number, unroll=number, **options))
    config, masked = small_model(layers, width, heads, ffn, tokens, vocabulary), math.floor(0.15 * tokens + 0.5)
    compiled = gradient_of(config, compute, remat, 2, tokens, masked)
    assert all("scatter" in line for line in compiled.as_text().splitlines() if " while(" in line)
    counted = compiled.cost_analysis()["flops"]
    assert 2 * hardware_flops(config, tokens, masked, remat=remat).total == pytest.approx(counted, rel=0.15)


@functools.cache
def text_and_bytes(config, compute, remat, rows, tokens, masked):
    """The compiled gradient as text, and its temporary memory."""
    compiled = gradient_of(config, compute, remat, rows, tokens, masked)
    return compiled.as_text(), compiled.memory_analysis().temp_size_in_bytes


def allocated_by_a_row(config, compute, remat, tokens, masked):
    """How much the temporary memory of the gradient grows with a row: what does not depend on rows falls out."""
    few, more = (text_and_bytes(config, compute, remat, rows, tokens, masked)[1] for rows in (4, 8))
    return (more - few) / 4


SHAPES = [
    (2, 64, 4, 256, 120, 400),
    (8, 64, 4, 256, 120, 400),
    (2, 48, 4, 192, 64, 8000),  # logits are what is most
    (4, 192, 6, 768, 128, 4105),  # the laptop preset; from here on, attention head by head
    (4, 64, 4, 256, 512, 400),
]


QUICK = SHAPES[:2]  # all ten take a minute together


@pytest.mark.parametrize(
    ("shape", "remat"),
    [
        pytest.param(shape, remat, marks=() if shape in QUICK else pytest.mark.slow)
        for shape, remat in itertools.product(SHAPES, (False, True))
    ],
)
def test_bytes_of_a_row_are_those_that_xla_allocates(shape, remat):
    config, tokens = small_model(*shape), shape[4]
    masked = math.floor(0.15 * tokens + 0.5)
    expected = allocated_by_a_row(config, "float32", remat, tokens, masked)
    row = row_bytes(config, tokens, masked, remat=remat, attention=attention_way("cpu", "float32", tokens))
    assert row.total == pytest.approx(expected, rel=0.3)


@pytest.mark.parametrize("remat", [False, True])
def test_layers_alone_account_for_what_grows_with_depth(remat):
    shallow, deep = (small_model(layers, 64, 4, 256, 120, 400) for layers in (2, 8))
    few, many = (allocated_by_a_row(config, "float32", remat, 120, 18) for config in (shallow, deep))
    expected = many - few
    found = row_bytes(deep, 120, 18, remat=remat).layers - row_bytes(shallow, 120, 18, remat=remat).layers
    assert found == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("remat", [False, True])
def test_bytes_in_bfloat16_are_those_that_xla_allocates(monkeypatch, remat):
    config = small_model(8, 64, 4, 256, 120, 400)
    # XLA's CPU backend widens bfloat16 to float32 to compute with it; with JAX 0.10 also the arrays that layers keep.
    if "f32[8,480,256]" in text_and_bytes(config, "bfloat16", False, 4, 120, 18)[0]:
        monkeypatch.setitem(cost._BYTES, "bfloat16", 4)
    expected = allocated_by_a_row(config, "bfloat16", remat, 120, 18)
    assert row_bytes(config, 120, 18, compute="bfloat16", remat=remat).total == pytest.approx(expected, rel=0.3)


@pytest.mark.parametrize("compute", ["float32", "bfloat16"])
@pytest.mark.parametrize("remat", [False, True])
def test_what_layers_keep_is_what_jax_saves_for_the_backward_pass(compute, remat):
    # No compiler: the arrays that the forward pass hands to the backward pass, with a leading axis of layers.
    layers, rows, tokens = 5, 3, 64
    config = small_model(layers, 32, 4, 96, tokens, 400)
    model = make_model(config, Precision(compute=compute), remat=remat)
    ids = jax.ShapeDtypeStruct((rows, tokens), jnp.int32)
    params = jax.eval_shape(model.init, jax.random.key(0), ids)

    def saved(params, ids):
        return jax.tree.leaves(jax.vjp(lambda params: model.encode(params, ids).embeddings, params)[1])

    kept = [
        leaf
        for leaf in jax.eval_shape(saved, params, ids)
        if leaf.shape[:2] in {(layers, rows * tokens), (layers, rows)}
    ]
    num_bytes = sum(math.prod(leaf.shape) * leaf.dtype.itemsize for leaf in kept)
    assert rows * row_bytes(config, tokens, 10, compute=compute, remat=remat).layers == num_bytes


@pytest.mark.parametrize(("remat", "recorded"), [(True, 1.57), (False, 11.96)])
def test_bytes_of_rows_of_the_published_model_on_a_tpu(remat, recorded):
    # Recorded, in GiB: the peak of the whole training step as compiled for TPU v4 (libtpu 0.0.42, JAX 0.10.2, no device
    # needed), of 8 rows less that of 3 with remat, of 8 less that of 1 without.
    costs = row_costs(AGRONT_1B, 1024, 154, platform="tpu", compute="bfloat16", remat=remat)
    rows = 5 if remat else 7
    assert rows * costs.memory.total / 2**30 == pytest.approx(recorded, rel=0.1)


def test_kernels_of_accelerators_pad_the_heads():
    # Recorded: TFLOP of all products of 3 rows in the step as compiled for TPU v4, kernels included. 75 become 128.
    costs = row_costs(AGRONT_1B, 1024, 154, platform="tpu", compute="bfloat16", remat=False)
    assert costs.attention == "splash"
    assert 3 * costs.made.total / 1e12 == pytest.approx(27.18, rel=1e-3)
    again = row_costs(AGRONT_1B, 1024, 154, platform="tpu", compute="bfloat16", remat=True)
    assert 3 * again.made.total / 1e12 == pytest.approx(34.13, rel=1e-3)
    assert costs.needed == again.needed == model_flops(AGRONT_1B, 1024, 154)


def test_traffic_by_hand():
    # 10 tokens, width 8, hidden 32, 2 layers, float32: eight vectors of the stream and six of the norms, eight of the
    # heads, the hidden layer twice, scores of two heads six times; and two and a half times as much backwards.
    forward = 2 * 4 * (10 * 8 * (8 + 6 + 8) + 10 * 32 * 2 + 2 * 10 * 10 * 6)
    assert row_traffic(SMALL, 10, compute="float32", remat=False, attention="all heads") == 3.5 * forward
    assert row_traffic(SMALL, 10, compute="float32", remat=True, attention="all heads") == 2.25 * forward


def test_logits_are_counted_twice_in_float32():
    assert row_bytes(SMALL, 10, 3, compute="bfloat16", remat=True).logits == 2 * 3 * 100 * 4


def test_only_bfloat16_copies_the_weights_of_the_layers():
    assert weight_copy_bytes(SMALL, "float32") == 0
    assert weight_copy_bytes(SMALL, "bfloat16") == 2 * 2 * (4 * 8 * 8 + 2 * 8 * 32)
