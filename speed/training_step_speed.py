"""How fast a whole training step is beside PyTorch's and beside a plain Haiku encoder's, on the same rows, in one run.

    python speed/training_step_speed.py                                24 M parameters, 2 rows of 1,024 tokens
    python speed/training_step_speed.py --size 100m --compute bfloat16
    python speed/training_step_speed.py --size demo                    3 layers of width 96, 16 rows of 128 tokens

Claims, on a CPU in float32: at least 1.8 times the plain Haiku step, at least 1.0 times PyTorch's.

The plain step is what one would write first: layers one after the other, products on `[B, T, D]`, all heads at once
with their weights kept for the backward pass, logits at all positions. PyTorch's is `EsmForMaskedLM` of `transformers`
with scaled_dot_product_attention, no padding mask, fused AdamW, bfloat16 by autocast, and logits at all positions too.
Where it is not installed, the others run without it.

Architecture, rows, share of masked tokens and number of parameters are the same, and all begin at the same loss (both
checked). Each contender lives in a process of its own, so that the thread pools of XLA and PyTorch do not meet, and
waits on a pipe while another takes its step. Two rounds warm up; figures are medians over the others, ratios the
medians of each round's ratio. PyTorch gets a thread a core.
"""

import argparse
import importlib.util
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import optax
from agront_data import TokenBatch
from agront_model import AgroNTConfig, Precision, make_model
from agront_model.pretrained.huggingface_config import write_config
from agront_tokenizer import AGRONT_VOCABULARY
from agront_train import MaskedTokenTask, TrainConfig, init_state, make_train_step, rows_key
from agront_train.tasks import mask_tokens
from agront_train.update import make_optimizer
from machine import describe_machine
from plain_encoder import plain_logits

SIZES = {  # model, rows, tokens a row, rounds
    "24m": (AgroNTConfig(num_layers=6, embed_dim=512, num_heads=8, ffn_dim=2048), 2, 1024, 9),
    "100m": (AgroNTConfig(num_layers=13, embed_dim=768, num_heads=12, ffn_dim=3072), 2, 1024, 7),
    "demo": (AgroNTConfig(num_layers=3, embed_dim=96, num_heads=4, ffn_dim=384, max_tokens=128), 16, 128, 60),
}

Compute = Literal["float32", "bfloat16"]
Step = Callable[[np.ndarray, int], float]
"""(tokens [B, T], number of the first row) -> loss; the state is the contender's own."""


def jax_step(step: Callable[..., tuple[Any, jax.Array]], state: Any) -> Step:
    compiled = jax.jit(step, donate_argnums=0)

    def take(tokens: np.ndarray, first_row: int) -> float:
        nonlocal state
        rows = np.arange(first_row, first_row + len(tokens), dtype=np.uint32)
        state, loss = jax.block_until_ready(compiled(state, tokens, rows))
        return float(loss)

    return take


def agront(architecture: AgroNTConfig, compute: Compute, num_rows: int) -> tuple[int, Step]:
    config = TrainConfig(batch_size=num_rows)
    task = MaskedTokenTask(
        model=make_model(architecture, Precision(compute=compute)),
        vocabulary=AGRONT_VOCABULARY,
        masking=config.masking,
        num_tokens=architecture.max_tokens,
    )
    step = make_train_step(task, config)

    def one_micro_batch(state: Any, tokens: jax.Array, rows: jax.Array) -> tuple[Any, jax.Array]:
        batch: Any = TokenBatch(tokens[None], rows[None])  # type: ignore[arg-type]  # tracers, not NumPy
        state, metrics = step(state, batch)
        return state, metrics.loss

    state = init_state(task, config)
    return num_parameters(state.params), jax_step(one_micro_batch, state)


def plain_haiku(architecture: AgroNTConfig, compute: Compute, num_rows: int) -> tuple[int, Step]:
    plain: Any = hk.without_apply_rng(hk.transform(partial(plain_logits, architecture)))
    config = TrainConfig(batch_size=num_rows)
    optimizer = make_optimizer(config.optimizer)

    def loss(params: hk.Params, tokens: jax.Array, rows: jax.Array) -> jax.Array:
        masked = mask_tokens(rows_key(config.seed), tokens, rows, AGRONT_VOCABULARY, config.masking)
        chosen = jnp.zeros(tokens.shape).at[jnp.arange(len(tokens))[:, None], masked.positions].set(masked.weights)
        params = jax.tree.map(lambda x: x.astype(compute), params)
        logits = plain.apply(params, masked.tokens).astype(jnp.float32)
        losses = optax.softmax_cross_entropy_with_integer_labels(logits, tokens)
        return (losses * chosen).sum() / chosen.sum()

    def step(state: Any, tokens: jax.Array, rows: jax.Array) -> tuple[Any, jax.Array]:
        params, opt_state = state
        value, grads = jax.value_and_grad(loss)(params, tokens, rows)
        updates, opt_state = optimizer.update(grads, opt_state, params)
        return (optax.apply_updates(params, updates), opt_state), value

    params = plain.init(jax.random.key(0), jnp.zeros((1, architecture.max_tokens), jnp.int32))
    return num_parameters(params), jax_step(step, (params, optimizer.init(params)))


def pytorch(architecture: AgroNTConfig, compute: Compute, num_rows: int) -> tuple[int, Step]:
    import torch
    from transformers import EsmConfig, EsmForMaskedLM

    del num_rows
    torch.set_num_threads(os.cpu_count() or 1)
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        write_config(architecture, Path(folder, "config.json"))
        esm: Any = EsmConfig.from_pretrained(folder, attn_implementation="sdpa")
    model: Any = EsmForMaskedLM(esm).train()
    assert model.config._attn_implementation == "sdpa"
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5, weight_decay=0.0, fused=True)
    ids, masking = AGRONT_VOCABULARY.kmer_ids, TrainConfig().masking

    def take(batch: np.ndarray, first_row: int) -> float:
        tokens = torch.from_numpy(batch).long()
        chosen, action = torch.rand(tokens.shape) < masking.rate, torch.rand(tokens.shape)
        chosen[:, 0] = False
        drawn = torch.randint(ids.start, ids.stop, tokens.shape)
        seen = torch.where(action < masking.mask_share + masking.random_share, drawn, tokens)
        seen = torch.where(action < masking.mask_share, architecture.mask_token_id, seen)
        labels = torch.where(chosen, tokens, -100)
        with torch.autocast("cpu", torch.bfloat16, enabled=compute == "bfloat16"):
            loss = model(input_ids=torch.where(chosen, seen, tokens), labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return float(loss.detach())

    # The contact-prediction head is no part of the language model and gets no gradient.
    return sum(p.numel() for name, p in model.named_parameters() if "contact_head" not in name), take


def num_parameters(params: Any) -> int:
    return sum(leaf.size for leaf in jax.tree.leaves(params))


CONTENDERS = {"plain Haiku": plain_haiku, "PyTorch": pytorch, "agront_train": agront}


def serve(name: str, size: str, compute: Compute, pipe: Connection) -> None:
    """Takes a step for each batch that comes through the pipe, and sends back what it took."""
    architecture, num_rows, _, _ = SIZES[size]
    num, take = CONTENDERS[name](architecture, compute, num_rows)
    pipe.send(num)
    while (batch := pipe.recv()) is not None:
        start = time.perf_counter()
        loss = take(*batch)
        pipe.send((time.perf_counter() - start, loss))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="24m", help="model and batch (default: 24m)")
    parser.add_argument("--compute", choices=("float32", "bfloat16"), default="float32", help="default: float32")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds that are timed (default: 9, 7 or 60)")
    arguments = parser.parse_args()
    architecture, num_rows, num_tokens, rounds = SIZES[arguments.size]
    rounds = arguments.rounds or rounds

    names = list(CONTENDERS)
    installed = [module for module in ("jax", "torch", "transformers") if importlib.util.find_spec(module)]
    machine = describe_machine(installed)  # before its load is ours
    if len(installed) < 3:
        names.remove("PyTorch")
        print("PyTorch is left out: torch or transformers is not installed")
    spawn = multiprocessing.get_context("spawn")
    pipes = {}
    for name in names:
        pipes[name], theirs = spawn.Pipe()
        spawn.Process(target=serve, args=(name, arguments.size, arguments.compute, theirs), daemon=True).start()
    sizes = {name: pipe.recv() for name, pipe in pipes.items()}
    assert len(set(sizes.values())) == 1, f"the models differ in their number of parameters: {sizes}"

    random, ids = np.random.default_rng(0), AGRONT_VOCABULARY.kmer_ids
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds + 2):  # the first round compiles, the second warms up
        batch = random.integers(ids.start, ids.stop, (num_rows, num_tokens), dtype=np.int32)
        batch[:, 0] = AGRONT_VOCABULARY.cls_id
        losses = {}
        for name, pipe in pipes.items():
            pipe.send((batch, number * num_rows))
            taken, losses[name] = pipe.recv()
            seconds[name].append(taken)
        if number == 0:
            assert max(losses.values()) - min(losses.values()) < 0.3, f"they begin at different losses: {losses}"
    for pipe in pipes.values():
        pipe.send(None)

    print(
        f"{sizes[names[0]]:,} parameters: {architecture.num_layers} layers, width {architecture.embed_dim}; "
        f"{num_rows} x {num_tokens:,} tokens, {arguments.compute}; {rounds} rounds "
        f"on {jax.default_backend().upper()}\n{machine}"
    )
    timed = {name: taken[2:] for name, taken in seconds.items()}
    print(f"{'whole training step':28s} {'s a step':>9s} {'tokens/s':>9s}  times as fast as")
    for name, taken in timed.items():
        second = statistics.median(taken)
        others = {other: statistics.median(np.divide(timed[other], taken)) for other in names if other != name}
        ratios = ", ".join(f"{other} {ratio:.2f}" for other, ratio in others.items())
        print(f"{name:28s} {second:9.3f} {num_rows * num_tokens / second:9,.0f}  {ratios}")


if __name__ == "__main__":
    main()
