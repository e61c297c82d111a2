"""Sequences in, embeddings out."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import jax
import numpy as np
from jaxtyping import Array, Float32, Int, Integer

from agront_model.inference.hidden_states import hidden_states
from agront_model.inference.length_batches import LengthBatch
from agront_model.inference.pooling import all_tokens, first_token, mean_of_span
from agront_model.inference.tiled_function import Progress, TiledFunction
from agront_model.inference.tiled_rows import TiledRows
from agront_model.pretrained import Pretrained

Pool = Literal["mean", "cls", "tokens"]
"""What is handed out for a row: the mean of its tokens' vectors, the vector of `<cls>`, or those of all tokens."""


class Embeddings(NamedTuple):
    """What an `Embedder` makes of N rows, in their order.

    Attributes:
        vectors: float32. Pooled by "mean" or "cls": one array [N, layers, D]. By "tokens": a list of N arrays
            [T_i, layers, D], one vector for each token of the row, `<cls>` at 0.
        num_tiles: in how many parts each row was computed: 1 where it fits the context.
    """

    vectors: Float32[np.ndarray, "N layers D"] | list[Float32[np.ndarray, "_ layers D"]]
    num_tiles: Int[np.ndarray, "N"]


class Embedder:
    """Turns rows of token ids into vectors; made once for a model, then called as often as there are rows.

    JAX compiles a program for each shape of array it meets, which takes seconds with a large model. Rows are therefore
    padded to one of a few lengths and computed in batches of like length; what was compiled stays with the Embedder.

    A row longer than the context is computed in overlapping tiles, each with `<cls>` in front. Each token's vector is
    taken from the tile in which it stands farthest from an edge. The vector of `<cls>` is the mean of the tiles',
    weighted by the tokens taken from each. A vector of such a row thus knows of what lies around it in its tile, and of
    no more: `Embeddings.num_tiles` says which rows these are.
    """

    def __init__(
        self,
        pretrained: Pretrained,
        *,
        pool: Pool = "mean",
        layers: Sequence[int] = (-1,),
        overlap: int | None = None,
        batch_tokens: int = 4096,
        devices: Sequence[jax.Device] | None = None,
    ):
        """Copies the parameters to the devices; compiles nothing yet.

        Args:
            pretrained: model, parameters and config, such as `load_pretrained` gives.
            pool: "mean" over the tokens of a row except `<cls>`; "cls", the vector of `<cls>`; or "tokens", all.
            layers: which hidden states, numbered as in transformers: 0 for the embedded tokens, i for what comes out
                of layer i, num_layers for the last, normalised one; negative ones count from the end.
            overlap: tokens that neighbouring tiles share at least; an eighth of the context (128 of 1,024) if not
                given.
            batch_tokens: tokens, padding included, that one device computes at once; at least one row. Where memory
                runs out, give fewer: each takes 4 * embed_dim bytes for every one of the layers asked for, and as much
                a few times more.
            devices: where to compute; all devices of this host if not given.

        Raises:
            ValueError: unknown pool, no such layer or none, an overlap that leaves a tile nothing of its own, no
                tokens in a batch, or no devices.
        """
        model, params, config = pretrained
        if pool not in ("mean", "cls", "tokens"):
            raise ValueError(f"pool must be 'mean', 'cls' or 'tokens', got {pool!r}")
        states = hidden_states("layers", layers, config.num_layers)
        self._pool = pool
        self._shape = len(states), config.embed_dim
        distinct = tuple(dict.fromkeys(states))

        def pooled(params: Any, arrays: tuple[Array, ...]) -> Array:
            tokens, start, stop = arrays
            only_last = distinct == (config.num_layers,)
            encoding = model.encode(params, tokens, hidden_states=False if only_last else distinct)
            found = encoding.embeddings[None] if encoding.hidden_states is None else encoding.hidden_states
            if states != distinct:
                found = found[np.array([distinct.index(state) for state in states])]
            if pool == "tokens":
                return all_tokens(found)
            return first_token(found) if pool == "cls" else mean_of_span(found, start, stop)

        self._function = TiledFunction(
            pooled, params, config, overlap=overlap, batch_tokens=batch_tokens, devices=devices
        )

    @property
    def num_compilations(self) -> int:
        """Programs compiled so far, one for each shape of a batch."""
        return self._function.num_compilations

    @property
    def padding_share(self) -> float:
        """Share of padding among the tokens computed so far; 0 before the first."""
        return self._function.padding_share

    def __call__(self, rows: Sequence[Integer[np.ndarray, "_T"]], progress: Progress | None = None) -> Embeddings:
        """Embeds rows of any length.

        Args:
            rows: token ids of any integer type, one array a sequence, not padded: `<cls>`, then at least one token.
            progress: called with the number of rows finished since its last call, from this thread; the numbers add
                up to the number of rows. Rows do not finish in order.

        Raises:
            ValueError: a row that a model would misread; the message names it (`check_rows`).
        """
        tiled = TiledRows.cut(rows, self._function.config, self._function.overlap)

        def spans_of(batch: LengthBatch) -> tuple[np.ndarray, ...]:
            spans = np.zeros((2, batch.num_rows), np.int32)
            for index, member in enumerate(batch.members):
                owned = tiled.tiles[member].owned
                spans[:, index] = owned.start, owned.stop
            return tuple(spans)

        vectors: Any
        if self._pool == "tokens":
            vectors = [np.zeros((len(row), *self._shape), np.float32) for row in tiled.rows]
        else:
            vectors = np.zeros((len(tiled.rows), *self._shape), np.float32)
        for member, found in self._function(tiled, spans_of, progress):
            tile = tiled.tiles[member]
            weight = np.float32(tile.num_owned / (len(tiled.rows[tile.row]) - 1))
            if self._pool == "tokens":
                vectors[tile.row][tile.own_start : tile.own_stop] = found[tile.owned]
                vectors[tile.row][0] += weight * found[0]
            else:
                vectors[tile.row] += weight * found
        return Embeddings(vectors, tiled.num_tiles)


def embed(
    pretrained: Pretrained,
    rows: Sequence[Integer[np.ndarray, "_T"]],
    *,
    progress: Progress | None = None,
    **options: Any,
) -> Embeddings:
    """Embeds rows once; where there are more to come, keep an `Embedder`, which compiles each shape only once.

    Args:
        pretrained: model, parameters and config.
        rows: token ids, one array a sequence, not padded, `<cls>` first; of any length.
        progress: see `Embedder.__call__`.
        **options: those of `Embedder`: pool, layers, overlap, batch_tokens, devices.
    """
    return Embedder(pretrained, **options)(rows, progress)
