"""What a model expects in the place of each `<mask>`."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float32, Int, Integer

from agront_model.inference.length_batches import LengthBatch, power_of_four
from agront_model.inference.tiled_function import Progress, TiledFunction
from agront_model.inference.tiled_rows import TiledRows
from agront_model.inference.tiles import Tile
from agront_model.pretrained import Pretrained

# Of each prediction all logits are held, 16 kB for 6-mers.
_MASKS_AT_ONCE, _ROWS_AT_ONCE = 4096, 1024


class MaskedPrediction(NamedTuple):
    """What a model expects at one `<mask>`.

    Attributes:
        row: the row it stands in.
        position: its token position there, `<cls>` at 0.
        tokens: the k most likely token ids, the likeliest first.
        probabilities: theirs, float32, among all tokens of the vocabulary.
        logits: over the whole vocabulary, float32; `base_probabilities` reads them.
    """

    row: int
    position: int
    tokens: Int[np.ndarray, "k"]
    probabilities: Float32[np.ndarray, "k"]
    logits: Float32[np.ndarray, "V"]


class MaskedPredictor:
    """Predicts the tokens behind `<mask>`; made once for a model, then called as often as there are rows.

    Rows are batched by length, and tiled where they are longer than the context, as by `Embedder`. The head, whose
    output is as wide as the vocabulary, runs on the masked positions only.
    """

    def __init__(
        self,
        pretrained: Pretrained,
        *,
        k: int = 5,
        overlap: int | None = None,
        batch_tokens: int = 4096,
        devices: Sequence[jax.Device] | None = None,
    ):
        """Copies the parameters to the devices; compiles nothing yet.

        Args:
            pretrained: model, parameters and config, such as `load_pretrained` gives.
            k: how many of the most likely tokens to name.
            overlap: see `Embedder`.
            batch_tokens: see `Embedder`.
            devices: see `Embedder`.

        Raises:
            ValueError: k is less than 1 or more than the vocabulary has, an overlap that leaves a tile nothing of its
                own, no devices, or a model without LM head.
        """
        pretrained.check_lm_head()
        model, params, config = pretrained
        if not 1 <= k <= config.vocabulary_size:
            raise ValueError(f"k must lie in [1, {config.vocabulary_size}], the size of the vocabulary, got {k}")
        self._k = k

        def logits_at(params: Any, arrays: tuple[Array, Array]) -> Array:
            tokens, positions = arrays
            embeddings = model.encode(params, tokens).embeddings
            return model.lm_logits(params, jnp.take_along_axis(embeddings, positions[:, :, None], axis=1))

        self._function = TiledFunction(
            logits_at, params, config, overlap=overlap, batch_tokens=batch_tokens, devices=devices
        )

    @property
    def num_compilations(self) -> int:
        """Programs compiled so far, one for each shape of a batch."""
        return self._function.num_compilations

    def __call__(
        self,
        rows: Sequence[Integer[np.ndarray, "_T"]],
        progress: Progress | None = None,
        names: Sequence[str] | None = None,
    ) -> list[MaskedPrediction]:
        """Predicts every `<mask>` of every row, in order.

        Args:
            rows: token ids of any integer type, one array a sequence, not padded: `<cls>`, then the tokens, at least
                one `<mask>` among them.
            progress: see `Embedder.__call__`.
            names: of the rows, for messages; "row 0" and so on if not given.

        Raises:
            ValueError: a row that a model would misread (`check_rows`) or without `<mask>`; the message names it.
            FloatingPointError: the model's output at a `<mask>` is not finite; the message names the row.
        """
        config = self._function.config
        tiled = TiledRows.cut(rows, config, self._function.overlap)
        masks = [np.flatnonzero(row == config.mask_token_id) for row in tiled.rows]
        for index, positions in enumerate(masks):
            if not positions.size:
                raise ValueError(
                    f"row {index} has no <mask> (token {config.mask_token_id}): put one where you want a prediction"
                )

        def masks_of(tile: Tile) -> Int[np.ndarray, "M"]:
            positions = masks[tile.row]
            return positions[(positions >= tile.own_start) & (positions < tile.own_stop)]

        tiled = tiled.keep(lambda tile: masks_of(tile).size > 0)

        def places_of(batch: LengthBatch) -> tuple[np.ndarray]:
            tiles = [tiled.tiles[member] for member in batch.members]
            most = max(masks_of(tile).size for tile in tiles)
            places = np.zeros((batch.num_rows, min(power_of_four(most), batch.length)), np.int32)
            for of_row, tile in zip(places, tiles, strict=False):
                found = masks_of(tile)
                of_row[: found.size] = found - tile.start + 1
            return (places,)

        predictions = []
        for member, logits in self._function(tiled, places_of, progress):
            tile = tiled.tiles[member]
            for position, at_mask in zip(masks_of(tile).tolist(), logits, strict=False):
                if not np.isfinite(at_mask).all():
                    raise FloatingPointError(
                        f"{names[tile.row] if names else f'row {tile.row}'}, <mask> at token {position}: the model's "
                        "output is not finite (NaN or infinite), as its numbers grow beyond what the format can hold; "
                        "compute in float32 if it was bfloat16, else take other weights"
                    )
                predictions.append(_prediction(tile.row, position, at_mask, self._k))
        return sorted(predictions, key=lambda prediction: (prediction.row, prediction.position))

    def in_groups(
        self, rows: Sequence[Integer[np.ndarray, "_T"]], names: Sequence[str] | None = None
    ) -> Iterator[MaskedPrediction]:
        """Yields the predictions of many rows, in order, as the call does; few are in memory at a time.

        Args:
            rows: as for the call.
            names: as for the call.

        Raises:
            ValueError, FloatingPointError: as the call; a row without name has its number in its group.
        """
        masks = [int(np.count_nonzero(row == self._function.config.mask_token_id)) for row in rows]
        first = num_masks = 0
        for index, number in enumerate(masks, 1):
            num_masks += number
            if num_masks >= _MASKS_AT_ONCE or index - first >= _ROWS_AT_ONCE or index == len(rows):
                for prediction in self(rows[first:index], names=names and names[first:index]):
                    yield prediction._replace(row=first + prediction.row)
                first, num_masks = index, 0


def predict_masked(
    pretrained: Pretrained,
    rows: Sequence[Integer[np.ndarray, "_T"]],
    *,
    progress: Progress | None = None,
    **options: Any,
) -> list[MaskedPrediction]:
    """Predicts every `<mask>` once; where there are more rows to come, keep a `MaskedPredictor`.

    Args:
        pretrained: model, parameters and config.
        rows: token ids, one array a sequence, not padded, `<cls>` first; of any length, at least one `<mask>` in each.
        progress: see `Embedder.__call__`.
        **options: those of `MaskedPredictor`: k, overlap, batch_tokens, devices.
    """
    return MaskedPredictor(pretrained, **options)(rows, progress)


def _prediction(row: int, position: int, logits: Float32[np.ndarray, "V"], k: int) -> MaskedPrediction:
    # Stable, so that of equally likely tokens the lower id comes first.
    tokens = np.argsort(-logits, kind="stable")[:k]
    weights = np.exp(logits.astype(np.float64) - logits.max())
    return MaskedPrediction(row, position, tokens, (weights[tokens] / weights.sum()).astype(np.float32), logits.copy())
