"""What training needs of a model, a vocabulary, a batch and an iterator, so that it need not know who provides them."""

from collections.abc import Iterator
from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np
from jaxtyping import Float, Float32, Int, Integer, UInt16

Params = Any  # a pytree of float32 arrays


@runtime_checkable
class Encoding(Protocol):
    """What a model's `encode` returns, as far as training looks at it."""

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
    """What masking must know of a vocabulary."""

    @property
    def mask_id(self) -> int:
        """The id of `<mask>`."""

    @property
    def nucleotide_ids(self) -> range:
        """The ids that may be chosen and drawn: k-mers and the letters A, T, C, G; contiguous, at least two."""


@runtime_checkable
class TrainingBatch(Protocol):
    """One host's rows of a global batch."""

    @property
    def tokens(self) -> UInt16[np.ndarray, "B T"]:
        """Token ids, padded to the right."""

    @property
    def rows(self) -> Integer[np.ndarray, "B"]:
        """Global row numbers: row r of step s, with B rows a step, is s·B + r. They seed the masks."""

    @property
    def loss_weights(self) -> Float32[np.ndarray, "B T"] | None:
        """What each token counts in the loss if it is chosen, at least 0; None where all count 1."""


@runtime_checkable
class ResumableIterator(Protocol):
    """An endless iterator whose position can be saved and restored."""

    def __iter__(self) -> Iterator[TrainingBatch]: ...

    def __next__(self) -> TrainingBatch: ...

    def get_state(self) -> dict[str, Any]:
        """The position as JSON-able values: of the batch that the next call of `next` returns."""

    def set_state(self, state: dict[str, Any], /) -> None:
        """Go to a saved position."""
