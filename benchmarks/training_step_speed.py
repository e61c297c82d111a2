"""How fast this project's whole training step is beside a plain Haiku encoder's, on the same rows, in one run.

    python benchmarks/training_step_speed.py                  24 M parameters, 2 rows of 1,024 tokens: the claim
    python benchmarks/training_step_speed.py --size demo      3 layers of width 96, 16 rows of 128 tokens

Claim: at least 1.5 times on a CPU. The plain step is what one would write first: layers one after the other, matrix
products on `[B, T, D]`, attention over all heads at once with its weights kept for the backward pass, logits at all
positions, of which the loss then takes the chosen ones. Architecture, masking, Adam and float32 are the same in both;
that the two have the same number of parameters and begin at the same loss is checked. Both are compiled first, then
they take steps in turn; figures are medians over the rounds, and the ratio is the median of each round's ratio.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import optax
from agront_model import AgroNTConfig, make_model
from agront_tokenizer import AGRONT_VOCABULARY
from agront_train import TrainConfig, TrainState, init_state, make_optimizer, make_train_step, mask_tokens, masking_key

SIZES = {  # model, rows, tokens a row
    "24m": (AgroNTConfig(num_layers=6, embed_dim=512, num_heads=8, ffn_dim=2048), 2, 1024),
    "demo": (AgroNTConfig(num_layers=3, embed_dim=96, num_heads=4, ffn_dim=384, max_tokens=128), 16, 128),
}

Step = Callable[[TrainState, jax.Array, jax.Array], tuple[TrainState, jax.Array]]


def plain_logits(config: AgroNTConfig, tokens: jax.Array) -> jax.Array:
    """Logits [B, T, V] of token ids [B, T], by the same architecture as `agront_model`."""
    w_init = hk.initializers.RandomNormal(config.initializer_range)
    linear, embed = partial(hk.Linear, w_init=w_init), partial(hk.Embed, w_init=w_init)
    norm = partial(hk.LayerNorm, -1, True, True, eps=config.layer_norm_eps)
    gelu = partial(jax.nn.gelu, approximate=False)
    B, T = tokens.shape
    D, H = config.embed_dim, config.num_heads

    valid = tokens != config.pad_token_id
    positions = jnp.cumsum(valid, axis=1) * valid + config.pad_token_id
    x = embed(config.vocabulary_size, D)(tokens) + embed(config.num_positions, D)(positions)
    for _ in range(config.num_layers):
        normed = norm()(x)
        query, key, value = (linear(D)(normed).reshape(B, T, H, D // H) for _ in range(3))
        scores = jnp.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(D // H)
        weights = jax.nn.softmax(jnp.where(valid[:, None, None], scores, -1e30))
        x = x + linear(D)(jnp.einsum("bhqk,bkhd->bqhd", weights, value).reshape(B, T, D))
        x = x + linear(D)(gelu(linear(config.ffn_dim)(norm()(x))))
    x = norm()(gelu(linear(D)(norm()(x))))
    return linear(config.vocabulary_size)(x)


def make_plain_step(model: AgroNTConfig, config: TrainConfig, num_tokens: int) -> tuple[TrainState, Step]:
    plain: Any = hk.without_apply_rng(hk.transform(partial(plain_logits, model)))
    optimizer = make_optimizer(config.optimizer)

    def loss(params: hk.Params, tokens: jax.Array, rows: jax.Array) -> jax.Array:
        masked = mask_tokens(masking_key(config.seed), tokens, rows, AGRONT_VOCABULARY, config.masking)
        chosen = jnp.zeros(tokens.shape).at[jnp.arange(len(tokens))[:, None], masked.positions].set(masked.weights)
        losses = optax.softmax_cross_entropy_with_integer_labels(plain.apply(params, masked.tokens), tokens)
        return (losses * chosen).sum() / chosen.sum()

    def step(state: TrainState, tokens: jax.Array, rows: jax.Array) -> tuple[TrainState, jax.Array]:
        value, grads = jax.value_and_grad(loss)(state.params, tokens, rows)
        updates, opt_state = optimizer.update(grads, state.opt_state, state.params)
        return TrainState(state.step + 1, optax.apply_updates(state.params, updates), opt_state), value

    params = plain.init(jax.random.key(0), jnp.zeros((1, num_tokens), jnp.int32))
    return TrainState(jnp.zeros((), jnp.int32), params, optimizer.init(params)), jax.jit(step, donate_argnums=0)


def make_our_step(model: AgroNTConfig, config: TrainConfig, num_tokens: int) -> tuple[TrainState, Step]:
    functions = make_model(model)
    step = make_train_step(functions, config, AGRONT_VOCABULARY)

    def one_micro_batch(state: TrainState, tokens: jax.Array, rows: jax.Array) -> tuple[TrainState, jax.Array]:
        state, metrics = step(state, tokens[None], rows[None])
        return state, metrics.loss

    return init_state(functions, config, num_tokens), jax.jit(one_micro_batch, donate_argnums=0)


def num_parameters(params: Any) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(params))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="24m", help="model and batch (default: 24m)")
    parser.add_argument("--steps", type=int, metavar="N", help="rounds that are timed (default: 7; 60 for demo)")
    arguments = parser.parse_args()
    model, num_rows, num_tokens = SIZES[arguments.size]
    rounds = arguments.steps or {"24m": 7, "demo": 60}[arguments.size]

    config = TrainConfig(batch_size=num_rows)
    names = ("plain Haiku", "agront_train, agront_model")
    pairs = [make(model, config, num_tokens) for make in (make_plain_step, make_our_step)]
    states, steps = [list(part) for part in zip(*pairs, strict=True)]
    sizes = [num_parameters(state.params) for state in states]
    assert sizes[0] == sizes[1], f"the models differ: {sizes} parameters"

    random = np.random.default_rng(0)
    ids = AGRONT_VOCABULARY.kmer_ids
    tokens = random.integers(ids.start, ids.stop, (rounds + 2, num_rows, num_tokens), dtype=np.uint16)
    tokens[:, :, 0] = AGRONT_VOCABULARY.cls_id

    seconds: list[list[float]] = []
    for number, batch in enumerate(tokens):  # the first round compiles, the second warms up
        rows = np.arange(num_rows, dtype=np.uint32) + number * num_rows
        taken, losses = [], []
        for which, step in enumerate(steps):
            start = time.perf_counter()
            states[which], loss = step(states[which], batch.astype(np.int32), rows)
            losses.append(float(loss))
            jax.block_until_ready(states[which])
            taken.append(time.perf_counter() - start)
        seconds.append(taken)
        if number == 0:
            assert abs(losses[0] - losses[1]) < 0.1, f"the two begin at different losses: {losses}"
    timed = seconds[2:]

    print(
        f"{sizes[0]:,} parameters: {model.num_layers} layers, width {model.embed_dim}; {num_rows} x {num_tokens:,} "
        f"tokens, float32, {jax.devices()[0].platform.upper()}, JAX {jax.__version__}; {len(timed)} rounds"
    )
    print(f"{'whole training step':30s} {'s a step':>9s} {'tokens/s':>9s} {'ratio':>6s}")
    for which, name in enumerate(names):
        second = statistics.median(taken[which] for taken in timed)
        ratio = statistics.median(taken[0] / taken[which] for taken in timed)
        print(f"{name:30s} {second:9.3f} {num_rows * num_tokens / second:9,.0f} {ratio:6.2f}")


if __name__ == "__main__":
    main()
