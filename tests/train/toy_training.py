"""A toy model, vocabulary and corpus for the tests of training; as a script, one process of a run (see `toy_hosts`)."""

import argparse
import dataclasses
import faulthandler
import os
import signal
import threading
import time
import traceback
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from agront_train import MaskedTokenTask, MaskingConfig, Monitoring, OptimizerConfig, TrainConfig, train
from agront_train.devices import cluster

PAD, MASK, CLS, N = 1, 2, 3, 20


@dataclasses.dataclass(frozen=True)
class ToyVocabulary:
    """Ids 4 … 19 are nucleotides, 20 is N."""

    mask_id: int = MASK
    nucleotide_ids: range = range(4, 20)
    size: int = 21


class ToyBatch(NamedTuple):
    tokens: np.ndarray
    rows: np.ndarray
    loss_weights: np.ndarray | None = None


class ToyEncoding(NamedTuple):
    embeddings: jax.Array


@dataclasses.dataclass(frozen=True)
class ToyModel:
    """Each token sees its two neighbours: enough to learn sequences in which one follows from the other."""

    width: int = 16
    vocabulary_size: int = 21

    def init(self, rng, tokens):
        shapes = {"embeddings": (self.vocabulary_size, self.width), "w": (3 * self.width, self.width)}
        keys = jax.random.split(rng, 3)
        encoder = {
            name: 0.1 * jax.random.normal(key, shape) for key, (name, shape) in zip(keys, shapes.items(), strict=False)
        }
        head = {
            "w": 0.1 * jax.random.normal(keys[2], (self.width, self.vocabulary_size)),
            "b": jnp.zeros(self.vocabulary_size),
        }
        return {"encoder": encoder, "head": head}

    def encode(self, params, tokens):
        x = params["encoder"]["embeddings"][tokens]
        around = jnp.concatenate([jnp.roll(x, 1, axis=1), x, jnp.roll(x, -1, axis=1)], axis=-1)
        return ToyEncoding(jnp.tanh(around @ params["encoder"]["w"]))

    def lm_logits(self, params, embeddings):
        return embeddings @ params["head"]["w"] + params["head"]["b"]


class ToyBatches:
    """Rows of `<cls>`, a run of successive ids and some padding, each a function of its row number.

    With loss weights, these are a tenth in the first half of each row. Of several hosts, each gets rows of its own.
    """

    def __init__(self, batch_size=8, num_tokens=32, first=0, weighted=False, host=0, hosts=1):
        self.batch_size, self.num_tokens, self.next_batch, self.weighted = batch_size, num_tokens, first, weighted
        self.host, self.hosts = host, hosts

    def __iter__(self):
        return self

    def __next__(self):
        rows = (self.next_batch * self.batch_size + np.arange(self.batch_size))[self.host :: self.hosts]
        self.next_batch += 1
        weights = np.ones((len(rows), self.num_tokens), np.float32)
        weights[:, : self.num_tokens // 2] = 0.1
        return ToyBatch(np.stack([self.row(row) for row in rows]), rows, weights if self.weighted else None)

    def row(self, row):
        random = np.random.default_rng(row)
        tokens = 4 + (random.integers(16) + np.arange(self.num_tokens)) % 16
        tokens[random.integers(1, self.num_tokens)] = N
        tokens[0] = CLS
        tokens[self.num_tokens - random.integers(1, 6) :] = PAD
        return tokens.astype(np.uint16)

    def get_state(self):
        return {"next_batch": self.next_batch}

    def set_state(self, state):
        self.next_batch = state["next_batch"]


# The learning rate is high, the steps few; eps as in the tests of replication.
CONFIG = TrainConfig(
    steps=20,
    batch_size=8,
    masking=MaskingConfig(),
    optimizer=OptimizerConfig(initial_learning_rate=1e-3, peak_learning_rate=1e-2, warmup_steps=5, eps=1e-6),
    evaluate_every=10,
    checkpoint_every=3,
)


def toy_task(model=ToyModel(), *, vocabulary=ToyVocabulary(), masking=CONFIG.masking, num_tokens=32):
    return MaskedTokenTask(model=model, vocabulary=vocabulary, masking=masking, num_tokens=num_tokens)


# Some 40 MB to a checkpoint, which takes long enough to be interrupted.
SLOW_TO_SAVE = {"model": ToyModel(width=1000), "config": dataclasses.replace(CONFIG, checkpoint_every=2)}


def toy_train(
    run,
    *,
    model=ToyModel(),
    config=CONFIG,
    identity=None,
    observers=lambda resume_at: (),
    devices=1,
    batches=None,
    held_out_rows=8,
    held_out_batches=1,
    **options,
):
    """`train` with everything toy; `devices=None` takes all."""
    batches = batches or ToyBatches(config.batch_size)
    unseen = ToyBatches(held_out_rows, first=8_000_000 // held_out_rows)
    held_out = [next(unseen) for _ in range(held_out_batches)]
    return train(
        toy_task(model, masking=config.masking, num_tokens=batches.num_tokens),
        batches,
        held_out,
        config=config,
        run=Path(run),
        identity={"model": {"width": model.width}} if identity is None else identity,
        monitoring=Monitoring(observers=observers),
        devices=None if devices is None else jax.local_devices()[:devices],
        **options,
    )


class SpokenBatches(ToyBatches):
    """Says each update that begins, remembers the rows that it read, and takes its time."""

    def __init__(self, *, pause=0.0, **options):
        super().__init__(**options)
        self.pause, self.seen = pause, []

    def __next__(self):
        time.sleep(self.pause)
        print("update", self.next_batch + 1, flush=True)
        batch = super().__next__()
        self.seen += batch.rows.tolist()
        return batch


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, help="gets the state, the held-out losses and the rows read")
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--host", type=int, default=0)
    parser.add_argument("--coordinator")
    parser.add_argument("--heartbeat", type=int, help="seconds, in place of the cluster's own")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--held-out-rows", type=int, default=8)
    parser.add_argument("--checkpoint-every", type=int, default=2)
    parser.add_argument("--width", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--shard-optimizer", action="store_true")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds before each batch")
    parser.add_argument("--seconds", type=int, default=150, help="after which the process ends whatever it does")
    return parser.parse_args()


def main():
    options = parse_options()
    faulthandler.dump_traceback_later(options.seconds, exit=True)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    if options.heartbeat:
        cluster.HEARTBEAT_TIMEOUT_SECONDS = options.heartbeat
    if options.hosts > 1:
        cluster.connect(options.coordinator, options.hosts, options.host)
    config = dataclasses.replace(
        CONFIG,
        **{
            name: getattr(options, name)
            for name in ("steps", "batch_size", "checkpoint_every", "seed", "shard_optimizer")
        },
    )
    batches = SpokenBatches(batch_size=config.batch_size, host=options.host, hosts=options.hosts, pause=options.pause)
    result = toy_train(
        options.run,
        model=ToyModel(options.width),
        config=config,
        batches=batches,
        held_out_rows=options.held_out_rows,
        devices=None,
        should_stop=stop.is_set,
    )
    if options.out:
        loss = np.zeros(0) if result.held_out is None else result.held_out.loss
        np.savez(options.out, *jax.tree.leaves(result.state), loss=loss, seen=batches.seen)
    print("ended after update", int(result.state.step), flush=True)


if __name__ == "__main__":
    try:
        main()
    except Exception:  # a process that ends by itself waits for its peers, and they may be dead
        traceback.print_exc()
        os._exit(1)
