"""How likely a model finds given tokens at given positions."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, Integer

from agront_model.inference.length_batches import LengthBatch, power_of_four
from agront_model.inference.rows import check_output_finite, check_rows_fit
from agront_model.inference.tiled_function import Progress, TiledFunction
from agront_model.inference.tiled_rows import TiledRows
from agront_model.pretrained import Pretrained


class TokenLikelihoods:
    """Computes log p(token) at positions of rows; made once for a model, then called as often as there are rows.

    Where a row has `<mask>` at the position, that is what a masked model expects there; where it has a token, what the
    model says of a token that it sees. The difference of two tokens' values is their log ratio.

    Rows are batched by length. The head, whose output is as wide as the vocabulary, runs at the asked positions only,
    and only the asked tokens leave the device.
    """

    def __init__(
        self, pretrained: Pretrained, *, batch_tokens: int = 4096, devices: Sequence[jax.Device] | None = None
    ):
        """Copies the parameters to the devices; compiles nothing yet.

        Args:
            pretrained: model, parameters and config, such as `load_pretrained` gives.
            batch_tokens: see `Embedder`.
            devices: see `Embedder`.

        Raises:
            ValueError: no devices, or a model without LM head.
        """
        pretrained.check_lm_head()
        model, params, config = pretrained

        def log_likelihoods(params: Any, arrays: tuple[Array, Array, Array]) -> Array:
            tokens, positions, asked = arrays
            embeddings = model.encode(params, tokens).embeddings
            at_positions = jnp.take_along_axis(embeddings, positions[:, :, None], axis=1)
            logits = model.lm_logits(params, at_positions).astype(jnp.float32)
            places, token_ids = asked[..., 0], asked[..., 1]
            flat = logits.reshape(len(logits), -1)
            of_tokens = jnp.take_along_axis(flat, places * logits.shape[-1] + token_ids, axis=1)
            return of_tokens - jnp.take_along_axis(jax.nn.logsumexp(logits, axis=-1), places, axis=1)

        self._function = TiledFunction(
            log_likelihoods, params, config, overlap=0, batch_tokens=batch_tokens, devices=devices
        )

    def __call__(
        self,
        rows: Sequence[Integer[np.ndarray, "_T"]],
        asked: Sequence[Integer[np.ndarray, "_A 2"]],
        progress: Progress | None = None,
    ) -> list[Float32[np.ndarray, "_A"]]:
        """Computes what is asked of each row.

        Args:
            rows: token ids, one array a sequence, not padded: `<cls>`, then at most the context's tokens.
            asked: for each row, pairs (position, token id); `<cls>` has position 0.
            progress: see `Embedder.__call__`.

        Returns:
            log p of each pair among all tokens of the vocabulary, natural logarithm.

        Raises:
            ValueError: a row that a model would misread (`check_rows`) or that is longer than the context; a position
                that the row or an id that the vocabulary does not have; or not as many `asked` as rows.
            FloatingPointError: the model's output is not finite; the message has the number of the row.
        """
        config = self._function.config
        check_rows_fit(rows, config)
        _check_asked(rows, asked, config.vocabulary_size)
        if not rows:
            return []
        tiled = TiledRows.cut(rows, config, self._function.overlap)
        # Positions of a row, each once, and for each pair the place of its position among them.
        positions, places = [], []
        for pairs in asked:
            of_row, place = np.unique(pairs[:, 0], return_inverse=True)
            positions.append(of_row)
            places.append(np.stack([place.reshape(-1), pairs[:, 1]], axis=1))

        def arrays_of(batch: LengthBatch) -> tuple[np.ndarray, np.ndarray]:
            most = max(positions[member].size for member in batch.members)
            at = np.zeros((batch.num_rows, min(power_of_four(most), batch.length)), np.int32)
            most = power_of_four(max(len(places[member]) for member in batch.members))
            pairs = np.zeros((batch.num_rows, most, 2), np.int32)
            for index, member in enumerate(batch.members):
                at[index, : positions[member].size] = positions[member]
                pairs[index, : len(places[member])] = places[member]
            return at, pairs

        likelihoods = [np.zeros(len(pairs), np.float32) for pairs in asked]
        for member, values in self._function(tiled, arrays_of, progress):
            likelihoods[member][:] = values[: len(asked[member])]
            check_output_finite(member, likelihoods[member])
        return likelihoods


def _check_asked(rows: Sequence[np.ndarray], asked: Sequence[np.ndarray], vocabulary_size: int) -> None:
    if len(asked) != len(rows):
        raise ValueError(f"there are {len(rows)} rows, and tokens are asked for {len(asked)}")
    for number, (row, pairs) in enumerate(zip(rows, asked, strict=True)):
        if not len(pairs):
            continue
        least, most = pairs.min(axis=0), pairs.max(axis=0)
        if least[0] < 0 or most[0] >= len(row):
            raise ValueError(f"row {number} has {len(row)} tokens, and one beyond them is asked for")
        if least[1] < 0 or most[1] >= vocabulary_size:
            raise ValueError(f"row {number}: a token beyond the vocabulary of {vocabulary_size} is asked for")
