"""Guesses of a model behind `<mask>`, for people to read: a handful of positions, the likeliest tokens at each."""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32, Int32, Integer

from agront_train.interfaces import Params
from agront_train.observers import Guess
from agront_train.tasks.masked_tokens.evaluation import held_out_masks
from agront_train.tasks.masked_tokens.interfaces import TokenRows
from agront_train.tasks.masked_tokens.task import MaskedTokenTask


def make_guesses(
    task: MaskedTokenTask, token_names: Sequence[str], *, positions: int = 4, top: int = 3
) -> Callable[[Params, Params, TokenRows], tuple[Guess, ...]]:
    """A function of (trained, frozen, held-out batch): guesses at some positions of the first row, left to right.

    The row is masked as for the held-out loss, its first part of tokens. A row with fewer masked tokens than
    `positions` gets a guess at each; one without nucleotides gets none.

    Args:
        task: gives the model, its vocabulary and the masking rate.
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
    model, masks = task.model, held_out_masks(task.masking, task.vocabulary)

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

    def guesses(trained: Params, frozen: Params, batch: TokenRows) -> tuple[Guess, ...]:
        row = int(batch.rows[0])
        found = likeliest(trained, jnp.asarray(batch.tokens[:1], jnp.int32), jnp.array([row], jnp.uint32))
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

    return guesses
