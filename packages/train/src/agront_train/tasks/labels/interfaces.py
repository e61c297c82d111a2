"""Protocols of labels: the model, its head, and a batch."""

from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import Bool, Float, Float32, Integer

from agront_train.interfaces import Params

Array = jax.Array | np.ndarray
"""An array on a device or on the host."""


class LabelledRows(NamedTuple):
    """A batch of rows with labels.

    Attributes:
        rows: global row numbers: they seed what is drawn for a row.
        tokens: token ids, `<cls>` first, padded to the right.
        labels: K numbers for each row, [B, K]; or for each token, [B, T, K], or base, [B, T, k, K]. Of classes one
            number, that of the class. NaN where a label is missing, as at `<cls>` and padding.
    """

    rows: Integer[Array, "B"]
    tokens: Integer[Array, "B T"]
    labels: Float32[Array, "B *_labels"]


@runtime_checkable
class _Encode(Protocol):
    def __call__(
        self, params: Params, tokens: Integer[jax.Array, "B T"], /, *, dropout_keys: jax.Array | None = None
    ) -> Any: ...


@runtime_checkable
class Encoder(Protocol):
    """A model that gives a vector a token."""

    @property
    def encode(self) -> _Encode:
        """`encode(params, tokens[B, T], dropout_keys=keys[B] or None)`, with `embeddings` [B, T, D]."""


@runtime_checkable
class _Predict(Protocol):
    def __call__(
        self, params: Params, embeddings: Float[jax.Array, "B T D"], valid: Bool[jax.Array, "B T"], /
    ) -> Float32[jax.Array, "B *_outputs"]: ...


@runtime_checkable
class Head(Protocol):
    """Two pure functions."""

    @property
    def init(self) -> Any:
        """`init(rng) -> params`."""

    @property
    def predict(self) -> _Predict:
        """`predict(params, embeddings[B, T, D], valid[B, T]) -> float32 [B, K], [B, T, K] or [B, T, k, K]`."""
