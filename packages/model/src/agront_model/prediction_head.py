"""Heads that turn the vectors of a row into predictions: one for the row, for each token, or for each base."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32

from agront_model.config import AgroNTConfig
from agront_model.dense import Dense

Pooling = Literal["mean", "cls", "max", "attention", "position", "token", "base"]
"""What a prediction is made of.

| pooling | it is for | and is made of |
|---|---|---|
| `mean`, `max` | a row | the mean, or the largest number of each dimension, over its tokens but `<cls>` |
| `cls` | a row | the vector of `<cls>`, through a dense layer and tanh, as in `EsmForSequenceClassification` |
| `attention` | a row | a mean over its tokens, whose weights a learned vector gives |
| `position` | a row | the vectors of the tokens around its middle, each with weights of its own |
| `token`, `base` | each token, or each of its k bases | the token's vector |
"""


@dataclasses.dataclass(frozen=True)
class HeadConfig:
    """What a head predicts, and of what.

    Attributes:
        num_outputs: K, numbers of each prediction: targets, labels, or classes.
        pooling: see `Pooling`.
        reach: of `position`, tokens on either side of the middle one.
        k: of `base`, bases of a token.

    Raises:
        ValueError: no output, no base, or a negative reach.
    """

    num_outputs: int
    pooling: Pooling = "mean"
    reach: int = 8
    k: int = 6

    def __post_init__(self) -> None:
        if self.num_outputs < 1 or self.k < 1 or self.reach < 0:
            raise ValueError(
                f"num_outputs is {self.num_outputs}, k {self.k}, reach {self.reach}: the first two must be at least 1, "
                "the third at least 0"
            )


class PredictionHead(NamedTuple):
    """A head as pure functions.

    Attributes:
        init: (rng) -> parameters, float32.
        predict: (params, embeddings [B, T, D], valid [B, T]) -> numbers in float32: [B, K] for rows, [B, T, K] for
            tokens, [B, T, k, K] for bases; of `<cls>` and padding they mean nothing. `<cls>` comes first in a row.
    """

    init: Callable[[Array], Mapping[str, Mapping[str, Array | np.ndarray]]]
    predict: Callable[..., Float32[Array, "B *outputs"]]


def make_head(head: HeadConfig, model: AgroNTConfig) -> PredictionHead:
    """Builds the functions of a head on the vectors of a model; it computes in float32.

    Args:
        head: what it predicts.
        model: whose vectors.
    """

    def body(embeddings: Float[Array, "B T D"], valid: Bool[Array, "B T"]) -> Float[Array, "B *outputs"]:
        with hk.name_scope("head"):
            vectors = _pooled(embeddings.astype(jnp.float32), valid, head, model)
            width = head.num_outputs * (head.k if head.pooling == "base" else 1)
            flat = Dense(width, model, "out")(vectors.reshape(-1, vectors.shape[-1]))
        per_base = (head.k,) if head.pooling == "base" else ()
        return flat.reshape(*vectors.shape[:-1], *per_base, head.num_outputs)

    transformed: hk.Transformed = hk.without_apply_rng(hk.transform(body))

    def init(rng: Array) -> Mapping[str, Mapping[str, Array]]:
        return transformed.init(rng, jnp.zeros((1, 2, model.embed_dim)), jnp.ones((1, 2), bool))

    return PredictionHead(jax.jit(init), jax.jit(transformed.apply))


def _pooled(
    x: Float[Array, "B T D"], valid: Bool[Array, "B T"], head: HeadConfig, model: AgroNTConfig
) -> Float[Array, "B T D"] | Float[Array, "B width"]:
    """The vectors that the last layer maps to numbers."""
    tokens = valid.at[:, 0].set(False)[:, :, None]  # without <cls>
    match head.pooling:
        case "mean":
            return jnp.where(tokens, x, 0).sum(1) / jnp.maximum(tokens.sum(1), 1)
        case "max":
            return jnp.where(tokens, x, -jnp.inf).max(1)
        case "cls":
            return jnp.tanh(Dense(model.embed_dim, model, "dense")(x[:, 0]))
        case "attention":
            scores = Dense(1, model, "attention")(x.reshape(-1, x.shape[-1])).reshape(*x.shape[:2], 1)
            return (jax.nn.softmax(jnp.where(tokens, scores, -jnp.inf), axis=1) * jnp.where(tokens, x, 0)).sum(1)
        case "position":
            middle = 1 + tokens.sum(1) // 2
            places = middle + jnp.arange(-head.reach, head.reach + 1)
            here = (places >= 1) & (places < x.shape[1])
            here &= jnp.take_along_axis(tokens[:, :, 0], jnp.clip(places, 0, x.shape[1] - 1), axis=1)
            around = jnp.take_along_axis(x, jnp.clip(places, 0, x.shape[1] - 1)[:, :, None], axis=1)
            return jnp.where(here[:, :, None], around, 0).reshape(len(x), -1)
        case _:
            return x
