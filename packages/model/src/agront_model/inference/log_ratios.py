"""How much likelier one token is than another in the place of a `<mask>`."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, Integer

from agront_model.inference.length_batches import LengthBatch, power_of_four
from agront_model.inference.tiled_function import Progress, TiledFunction
from agront_model.inference.tiled_rows import TiledRows
from agront_model.pretrained import Pretrained


class LogRatios:
    """Compares tokens at one `<mask>` a row; made once for a model, then called as often as there are rows.

    Rows are batched by length. The head, whose output is as wide as the vocabulary, runs at the `<mask>` only, and only
    the asked tokens leave the device.
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

        def logits_of(params: Any, arrays: tuple[Array, Array, Array]) -> Array:
            tokens, masks, asked = arrays
            embeddings = model.encode(params, tokens).embeddings
            at_mask = jnp.take_along_axis(embeddings, masks[:, None, None], axis=1)
            logits = model.lm_logits(params, at_mask)[:, 0]
            return jnp.take_along_axis(logits, asked.reshape(len(asked), -1), axis=1).reshape(asked.shape)

        self._function = TiledFunction(logits_of, params, config, overlap=0, batch_tokens=batch_tokens, devices=devices)

    def __call__(
        self,
        rows: Sequence[Integer[np.ndarray, "_T"]],
        asked: Sequence[Integer[np.ndarray, "_A 2"]],
        progress: Progress | None = None,
    ) -> list[Float32[np.ndarray, "_A"]]:
        """Compares pairs of tokens in the place of each row's `<mask>`.

        Args:
            rows: token ids, one array a sequence, not padded: `<cls>`, then at most the context's tokens, with one
                `<mask>` among them.
            asked: for each row, pairs of ids (reference, alternative).
            progress: see `Embedder.__call__`.

        Returns:
            log p(alternative) − log p(reference) of each pair, natural logarithm.

        Raises:
            ValueError: a row that a model would misread (`check_rows`), that is longer than the context, or has not one
                `<mask>`; an id that the vocabulary does not have; or not as many `asked` as rows.
            FloatingPointError: the model's output is not finite; the message has the number of the row.
        """
        config = self._function.config
        if len(asked) != len(rows):
            raise ValueError(f"there are {len(rows)} rows and pairs of tokens for {len(asked)}")
        masks = np.zeros(len(rows), np.int32)
        for number, (row, pairs) in enumerate(zip(rows, asked, strict=True)):
            found = np.flatnonzero(row == config.mask_token_id)
            if found.size != 1:
                raise ValueError(f"row {number} has {found.size} <mask>; it must have one")
            if len(row) > config.max_tokens:
                raise ValueError(f"row {number} has {len(row)} tokens, and the context holds {config.max_tokens}")
            if pairs.size and not 0 <= pairs.min() <= pairs.max() < config.vocabulary_size:
                raise ValueError(f"row {number} asks for a token beyond the vocabulary of {config.vocabulary_size}")
            masks[number] = found[0]
        tiled = TiledRows.cut(rows, config, self._function.overlap)

        def arrays_of(batch: LengthBatch) -> tuple[np.ndarray, np.ndarray]:
            width = power_of_four(max(len(asked[member]) for member in batch.members))
            places, pairs = np.zeros(batch.num_rows, np.int32), np.zeros((batch.num_rows, width, 2), np.int32)
            for index, member in enumerate(batch.members):
                places[index] = masks[member]
                pairs[index, : len(asked[member])] = asked[member]
            return places, pairs

        ratios = [np.zeros(len(pairs), np.float32) for pairs in asked]
        for member, logits in self._function(tiled, arrays_of, progress):
            reference, alternative = logits[: len(asked[member])].T
            ratios[member][:] = alternative - reference
            if not np.isfinite(ratios[member]).all():
                raise FloatingPointError(
                    f"row {member}: the model's output at <mask> is not finite (NaN or infinite), as its numbers grow "
                    "beyond what the format can hold; compute in float32 if it was bfloat16, else take other weights"
                )
        return ratios
