"""A toy model, vocabulary and corpus for the tests of training; as a script, a run that can be killed."""

import dataclasses
import sys
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from agront_train import MaskingConfig, OptimizerConfig, TrainConfig, train

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

    With loss weights, these are a tenth in the first half of each row.
    """

    def __init__(self, batch_size=8, num_tokens=32, first=0, weighted=False):
        self.batch_size, self.num_tokens, self.next_batch, self.weighted = batch_size, num_tokens, first, weighted

    def __iter__(self):
        return self

    def __next__(self):
        rows = self.next_batch * self.batch_size + np.arange(self.batch_size)
        self.next_batch += 1
        weights = np.ones((self.batch_size, self.num_tokens), np.float32)
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

# Some 40 MB to a checkpoint, which takes long enough to be interrupted.
SLOW_TO_SAVE = {"model": ToyModel(width=1000), "config": dataclasses.replace(CONFIG, checkpoint_every=2)}


def toy_train(run, *, model=ToyModel(), config=CONFIG, identity=None, observers=lambda resume_at: (), devices=1):
    """`train` with everything toy."""
    batches = ToyBatches(config.batch_size)
    held_out = [next(ToyBatches(first=1_000_000))]
    return train(
        model,
        batches,
        held_out,
        config=config,
        vocabulary=ToyVocabulary(),
        num_tokens=batches.num_tokens,
        run=Path(run),
        identity={"model": {"width": model.width}} if identity is None else identity,
        observers=observers,
        devices=jax.local_devices()[:devices],
    )


if __name__ == "__main__":
    toy_train(sys.argv[1], **SLOW_TO_SAVE)
