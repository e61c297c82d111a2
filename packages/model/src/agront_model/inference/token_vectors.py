"""The vector of one token of a row, and the mean over the row."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, Integer

from agront_model.inference.hidden_states import hidden_states
from agront_model.inference.length_batches import LengthBatch
from agront_model.inference.pooling import mean_of_span
from agront_model.inference.rows import check_output_finite, check_rows_fit
from agront_model.inference.tiled_function import Progress, TiledFunction
from agront_model.inference.tiled_rows import TiledRows
from agront_model.pretrained import Pretrained


class TokenVectors:
    """Computes the vector of one token of each row, and the mean of the row; made once for a model.

    Of a row, two vectors leave the device. `Embedder` gives all, or pools rows of any length.
    """

    def __init__(
        self,
        pretrained: Pretrained,
        *,
        layer: int = -1,
        batch_tokens: int = 4096,
        devices: Sequence[jax.Device] | None = None,
    ):
        """Copies the parameters to the devices; compiles nothing yet.

        Args:
            pretrained: model, parameters and config, such as `load_pretrained` gives.
            layer: which hidden state; see `Embedder`.
            batch_tokens: see `Embedder`.
            devices: see `Embedder`.

        Raises:
            ValueError: no such layer, or no devices.
        """
        model, params, config = pretrained
        [state] = hidden_states("layer", (layer,), config.num_layers)
        self._embed_dim = config.embed_dim

        def vectors(params: Any, arrays: tuple[Array, Array, Array]) -> Array:
            tokens, positions, ends = arrays
            is_last = state == config.num_layers
            encoding = model.encode(params, tokens, hidden_states=False if is_last else (state,))
            states = encoding.embeddings[None] if encoding.hidden_states is None else encoding.hidden_states
            at_positions = jnp.take_along_axis(states[0], positions[:, None, None], axis=1)
            means = mean_of_span(states, jnp.ones_like(ends), ends)
            return jnp.concatenate([at_positions.astype(jnp.float32), means], axis=1)

        self._function = TiledFunction(vectors, params, config, overlap=0, batch_tokens=batch_tokens, devices=devices)

    def __call__(
        self,
        rows: Sequence[Integer[np.ndarray, "_T"]],
        positions: Sequence[int],
        progress: Progress | None = None,
    ) -> Float32[np.ndarray, "N 2 D"]:
        """Computes both vectors of each row.

        Args:
            rows: token ids, one array a sequence, not padded: `<cls>`, then at most the context's tokens.
            positions: of the token in each row; `<cls>` has position 0.
            progress: see `Embedder.__call__`.

        Returns:
            For each row the vector of the token, and the mean over all tokens but `<cls>`.

        Raises:
            ValueError: a row that a model would misread (`check_rows`) or that is longer than the context; a position
                that the row does not have; or not as many positions as rows.
            FloatingPointError: the model's output is not finite; the message has the number of the row.
        """
        config = self._function.config
        check_rows_fit(rows, config)
        for number, (row, position) in enumerate(zip(rows, positions, strict=True)):
            if not 0 <= position < len(row):
                raise ValueError(f"row {number} has {len(row)} tokens, and the one at {position} is asked for")
        vectors = np.zeros((len(rows), 2, self._embed_dim), np.float32)
        if not len(rows):
            return vectors
        tiled = TiledRows.cut(rows, config, self._function.overlap)

        def arrays_of(batch: LengthBatch) -> tuple[np.ndarray, np.ndarray]:
            places = np.zeros((2, batch.num_rows), np.int32)
            for index, member in enumerate(batch.members):
                places[:, index] = positions[member], len(rows[member])
            return places[0], places[1]

        for member, values in self._function(tiled, arrays_of, progress):
            check_output_finite(member, values)
            vectors[member] = values
        return vectors
