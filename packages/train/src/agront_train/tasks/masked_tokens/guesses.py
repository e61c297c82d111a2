"""What a model guesses behind `<mask>`, for people to read: a handful of positions, the likeliest tokens at each."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32, Int32, Integer

from agront_train.config import TrainConfig
from agront_train.interfaces import MaskedLanguageModel, MaskingVocabulary, Params
from agront_train.tasks.masked_tokens.evaluation import held_out_masks


class Guess(NamedTuple):
    """A masked position of a held-out row and what the model holds likeliest there."""

    row: int
    """The held-out row's number."""
    position: int
    """Which token of the row was masked, counted from 0."""
    token: str
    """What stood there."""
    top: tuple[tuple[str, float], ...]
    """The likeliest tokens with their probabilities, likeliest first."""


def guesses_as_markdown(guesses: Sequence[Guess]) -> str:
    """A table: a line for each position, with the tokens that the model holds likeliest there."""
    lines = ["| row | position | stood there | guesses |", "|---|---|---|---|"]
    for guess in guesses:
        tokens = [(f"`{token}`", share) for token, share in guess.top]  # bare, `<pad>` would be HTML
        tokens = [(f"**{token}**" if token == f"`{guess.token}`" else token, share) for token, share in tokens]
        shown = ", ".join(f"{token} {share:.1%}" for token, share in tokens)
        lines.append(f"| {guess.row} | {guess.position} | `{guess.token}` | {shown} |")
    return "\n".join(lines)


def make_guesses(
    model: MaskedLanguageModel,
    config: TrainConfig,
    vocabulary: MaskingVocabulary,
    token_names: Sequence[str],
    *,
    positions: int = 4,
    top: int = 3,
) -> Callable[[Params, Integer[np.ndarray, "T"], int], tuple[Guess, ...]]:
    """A function of (params, tokens of one held-out row, its number): guesses at some of its positions, left to right.

    The row is masked as for the held-out loss, its first part of tokens. A row with fewer masked tokens than
    `positions` gets a guess at each; one without nucleotides gets none.

    Args:
        model: the three functions.
        config: the masking rate is read here.
        vocabulary: what may be masked.
        token_names: the token of each id that the model knows, in the order of ids.
        positions: how many of the masked positions to show, taken evenly.
        top: how many tokens to show at each.

    Raises:
        ValueError: `positions` or `top` is less than 1, or there are fewer token names than `top`.
    """
    if positions < 1 or not 1 <= top <= len(token_names):
        raise ValueError(
            f"positions is {positions} and top is {top}: both must be at least 1, and top no more than the "
            f"{len(token_names)} tokens"
        )
    masks = held_out_masks(config, vocabulary)

    @jax.jit
    def likeliest(
        params: Params, tokens: Int32[jax.Array, "1 T"], rows: Integer[jax.Array, "1"]
    ) -> tuple[Int32[jax.Array, "P"], Int32[jax.Array, "P"], Float32[jax.Array, "P k"], Int32[jax.Array, "P k"]]:
        masked = jax.tree.map(lambda leaf: leaf[0], masks(tokens, rows, 0))
        # Left to right, with what is no mask at the end.
        where = jnp.sort(jnp.where(masked.weights > 0, masked.positions, tokens.shape[1]))
        count = (masked.weights > 0).sum()
        shown = jnp.minimum(positions, count)
        places = where[jnp.arange(positions) * count // jnp.maximum(shown, 1)]
        places = jnp.where(jnp.arange(positions) < shown, places, -1)
        embeddings = model.encode(params, masked.tokens[None]).embeddings[0, places]
        probabilities, ids = jax.lax.top_k(jax.nn.softmax(model.lm_logits(params, embeddings)), top)
        return places, tokens[0, places], probabilities, ids

    def guess(params: Params, tokens: Integer[np.ndarray, "T"], row: int) -> tuple[Guess, ...]:
        found = likeliest(params, jnp.asarray(tokens, jnp.int32)[None], jnp.array([row], jnp.uint32))
        return tuple(
            Guess(
                row,
                int(place),
                token_names[token],
                tuple((token_names[index], float(share)) for index, share in zip(ids, shares, strict=True)),
            )
            for place, token, shares, ids in zip(*map(np.asarray, found), strict=True)
            if place >= 0
        )

    return guess
