"""A small model with a context of 64 tokens, which has several bucket lengths, and what it makes of a row alone."""

from collections.abc import Callable

import jax
import numpy as np
import pytest
from agront_model import AgroNTConfig, Pretrained, make_model

CLS = 3


@pytest.fixture(scope="session")
def config() -> AgroNTConfig:
    """Lengths are padded to 32, 40, 48, 56 or 64 tokens."""
    return AgroNTConfig(vocabulary_size=40, num_layers=2, embed_dim=30, num_heads=2, ffn_dim=44, max_tokens=64)


@pytest.fixture(scope="session")
def pretrained(config: AgroNTConfig) -> Pretrained:
    """The small model with every parameter, biases and scales included, away from its initial value."""
    model = make_model(config)
    rng = np.random.default_rng(1)
    shapes = jax.eval_shape(model.init, jax.random.key(0), np.zeros((1, 1), int))
    return Pretrained(model, jax.tree.map(lambda x: rng.normal(0, 0.3, x.shape).astype(np.float32), shapes), config)


@pytest.fixture(scope="session")
def make_row() -> Callable[[int, int], np.ndarray]:
    """`make_row(seed, num_tokens)`: `<cls>` and random tokens, none of them special."""

    def make(seed: int, num_tokens: int) -> np.ndarray:
        return np.concatenate([[CLS], np.random.default_rng(seed).integers(4, 40, num_tokens - 1)]).astype(np.uint16)

    return make


@pytest.fixture(scope="session")
def states_of(pretrained: Pretrained) -> Callable[[np.ndarray], np.ndarray]:
    """All hidden states [tokens, layers + 1, D] of a row that fits the context, encoded alone and unpadded."""

    def states(row: np.ndarray) -> np.ndarray:
        encoding = pretrained.model.encode(pretrained.params, row[None], hidden_states=True)
        return np.asarray(encoding.hidden_states)[:, 0].transpose(1, 0, 2)

    return states
