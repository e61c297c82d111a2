"""From token ids to vectors: the checks on ids, and the token and position embeddings."""

from typing import Any

import haiku as hk
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, Integer

from agront_model.config import AgroNTConfig


def check_shape(tokens: Any, config: AgroNTConfig) -> None:
    """Refuses token arrays of the wrong shape or dtype; works on tracers, whose shape is known.

    Raises:
        ValueError: not a two-dimensional integer array, no token at all, or more tokens a row than there are positions.
    """
    if tokens.ndim != 2:
        raise ValueError(f"tokens must have the shape [rows, tokens], got {tuple(tokens.shape)}: add or drop an axis")
    if not jnp.issubdtype(tokens.dtype, jnp.integer):
        raise ValueError(f"tokens must be integers, got {tokens.dtype}")
    length = tokens.shape[1]
    if length == 0:
        raise ValueError("tokens has rows of length 0: encode at least one token, such as <cls>")
    if length > config.max_tokens:
        raise ValueError(
            f"rows of {length} tokens, but the position table has room for {config.max_tokens}: "
            f"truncate or split the sequences (position {config.max_tokens} is the first too many)"
        )


def check_tokens(tokens: Integer[Array | np.ndarray, "B T"], config: AgroNTConfig) -> None:
    """Refuses, on the host, what a device would clamp in silence.

    Args:
        tokens: token ids, an array in host or device memory (no tracer).
        config: the model that is to read them.

    Raises:
        ValueError: wrong shape or dtype, rows too long, or an id outside the vocabulary; the message names the first
            such id's row and position.
    """
    tokens = np.asarray(tokens)
    check_shape(tokens, config)
    bad = (tokens < 0) | (tokens >= config.vocabulary_size)
    if bad.any():
        row, position = (int(i) for i in np.argwhere(bad)[0])
        raise ValueError(
            f"tokens[{row}, {position}] (row {row}, position {position}, from 0) is {int(tokens[row, position])}, "
            f"outside the {config.vocabulary_size} ids of this model (0 to {config.vocabulary_size - 1}): "
            "use the tokenizer that belongs to it"
        )


def position_ids(tokens: Integer[Array, "B T"], pad_token_id: int) -> Int[Array, "B T"]:
    """Numbers the tokens of each row from pad_token_id + 1; `<pad>` itself stands at pad_token_id, as in fairseq."""
    valid = (tokens != pad_token_id).astype(jnp.int32)
    return jnp.cumsum(valid, axis=1) * valid + pad_token_id


class Embeddings(hk.Module):
    """Sum of token embedding and learned absolute position embedding; no scale, no dropout, no layer norm."""

    def __init__(self, config: AgroNTConfig, name: str = "embeddings"):
        super().__init__(name=name)
        self._config = config

    def __call__(self, tokens: Integer[Array, "B T"]) -> Float[Array, "B T D"]:
        """Embeds token ids, which must lie inside the vocabulary (`check_tokens`); float32 out."""
        config = self._config
        w_init = hk.initializers.RandomNormal(config.initializer_range)
        embed_token = hk.Embed(config.vocabulary_size, config.embed_dim, w_init=w_init, name="tokens")
        embed_position = hk.Embed(config.num_positions, config.embed_dim, w_init=w_init, name="positions")
        return embed_token(tokens) + embed_position(position_ids(tokens, config.pad_token_id))
