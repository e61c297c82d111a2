"""Protocols of labels: the model, its head, and a batch."""

from typing import Any, Protocol, runtime_checkable

import jax
from jaxtyping import Bool, Float, Float32, Integer

from agront_train.interfaces import Array, Params


@runtime_checkable
class LabelledTokens(Protocol):
    """A batch of rows with labels."""

    @property
    def rows(self) -> Integer[Array, "B"]:
        """Global row numbers: they seed what is drawn for a row."""

    @property
    def tokens(self) -> Integer[Array, "B T"]:
        """Token ids, `<cls>` first, padded to the right."""

    @property
    def labels(self) -> Float32[Array, "B *_labels"]:
        """K numbers for each row, [B, K]; or for each token, [B, T, K], or base, [B, T, k, K].

        Of classes there is one number, that of the class. NaN where a label is missing, as at `<cls>` and padding.
        """


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
