"""A small model that the tests of the package share."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_model import AgroNT, AgroNTConfig, Params, Pretrained, make_model


@pytest.fixture(scope="session")
def config() -> AgroNTConfig:
    """Two heads of the odd width 15, three layers."""
    return AgroNTConfig(vocabulary_size=40, num_layers=3, embed_dim=30, num_heads=2, ffn_dim=44, max_tokens=24)


@pytest.fixture(scope="session")
def tokens() -> np.ndarray:
    """Two rows of 12, the second padded from position 7 on."""
    tokens = np.random.default_rng(0).integers(4, 40, (2, 12)).astype(np.uint16)
    tokens[:, 0] = 3
    tokens[1, 7:] = 1
    return tokens


@pytest.fixture(scope="session")
def pretrained(config: AgroNTConfig, tokens: np.ndarray) -> Pretrained:
    """The small model with every parameter, biases and scales included, away from its initial value."""
    model = make_model(config)
    params = model.init(jax.random.key(0), tokens)
    rng = np.random.default_rng(1)
    params = jax.tree.map(lambda x: x + 0.2 * rng.standard_normal(x.shape).astype(np.float32), params)
    return Pretrained(model, params, config)


@pytest.fixture(scope="session")
def gradients_of(pretrained: Pretrained, tokens: np.ndarray) -> Callable[[AgroNT], Params]:
    """Gradients of a loss over encoder and head, by all parameters of the small model."""

    def gradients(model: AgroNT) -> Params:
        def loss(params: Params) -> jax.Array:
            return jnp.square(model.lm_logits(params, model.encode(params, tokens).embeddings[:, :7])).mean()

        return jax.jit(jax.grad(loss))(pretrained.params)

    return gradients


@pytest.fixture(scope="session")
def gradients(gradients_of: Callable[[AgroNT], Params], pretrained: Pretrained) -> Params:
    """Those of the plain model in float32."""
    return gradients_of(pretrained.model)
