"""Protocols of masked tokens: the model, its vocabulary, and a batch."""

from typing import Protocol, runtime_checkable

import jax
from jaxtyping import Float, Float32, Int, Integer

from agront_train.interfaces import Array, Params


@runtime_checkable
class Encoding(Protocol):
    """The part of a model's encoding that training uses."""

    @property
    def embeddings(self) -> Float[jax.Array, "B T D"]:
        """One vector a token, after the last layer norm."""


@runtime_checkable
class _Init(Protocol):
    def __call__(self, rng: jax.Array, tokens: Integer[jax.Array, "B T"], /) -> Params: ...


@runtime_checkable
class _Encode(Protocol):
    def __call__(self, params: Params, tokens: Int[jax.Array, "B T"], /) -> Encoding: ...


@runtime_checkable
class _LmLogits(Protocol):
    def __call__(
        self, params: Params, embeddings: Float[jax.Array, "*batch D"], /
    ) -> Float32[jax.Array, "*batch V"]: ...


@runtime_checkable
class MaskedLanguageModel(Protocol):
    """Three pure functions. Encoder and head are apart, so that the head runs on the masked positions only."""

    @property
    def init(self) -> _Init:
        """`init(rng, tokens) -> params`."""

    @property
    def encode(self) -> _Encode:
        """`encode(params, tokens[B, T]) -> Encoding`."""

    @property
    def lm_logits(self) -> _LmLogits:
        """`lm_logits(params, embeddings[..., D]) -> float32 [..., V]`."""


@runtime_checkable
class MaskingVocabulary(Protocol):
    """The part of a vocabulary that masking uses."""

    @property
    def mask_id(self) -> int:
        """The id of `<mask>`."""

    @property
    def nucleotide_ids(self) -> range:
        """The ids that may be chosen and drawn: k-mers and the letters A, T, C, G; contiguous, at least two."""


@runtime_checkable
class TokenRows(Protocol):
    """A batch of masked tokens, before masking."""

    @property
    def tokens(self) -> Integer[Array, "B T"]:
        """Token ids, padded to the right."""

    @property
    def rows(self) -> Integer[Array, "B"]:
        """Global row numbers: they seed the masks."""

    @property
    def loss_weights(self) -> Float32[Array, "B T"] | None:
        """Weight of each token in the training loss if it is chosen, at least 0; None for 1 everywhere."""
