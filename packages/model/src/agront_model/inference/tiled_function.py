"""A function of token ids on rows of any length: tiled, batched by length, shared out over devices."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np
from jaxtyping import Shaped

from agront_model.config import AgroNTConfig
from agront_model.devices import NO_ROOM_FOR_WEIGHTS, explaining_memory
from agront_model.inference.devices import DeviceFunction, devices_or_all, rows_of
from agront_model.inference.length_batches import LengthBatch, plan_batches
from agront_model.inference.tiled_rows import TiledRows
from agront_model.inference.tiles import check_overlap

# Batches that the devices have in hand while the host prepares the next and takes in the last.
_BATCHES_AHEAD = 2
_SMALLER_BATCH = "for a batch: give the same command with a smaller --batch-tokens, or fewer batch_tokens"

Progress = Callable[[int], None]
"""Called with the number of rows finished since the last call."""


class TiledFunction:
    """Computes a function of (parameters, (tokens [B, T], …)) for the tiles of rows.

    Attributes:
        config: the model's.
        overlap: tokens that neighbouring tiles share at least.
    """

    def __init__(
        self,
        function: Callable[..., jax.Array],
        params: Any,
        config: AgroNTConfig,
        *,
        overlap: int | None,
        batch_tokens: int,
        devices: Sequence[jax.Device] | None,
    ):
        self.config = config
        self.overlap = config.max_tokens // 8 if overlap is None else overlap
        check_overlap(self.overlap, config.max_tokens)
        if batch_tokens < 1:
            raise ValueError(f"batch_tokens must be at least 1, got {batch_tokens}")
        self._batch_tokens = batch_tokens
        with explaining_memory(NO_ROOM_FOR_WEIGHTS):
            self._on_devices = DeviceFunction(function, params, devices_or_all(devices))
        self._num_tokens = self._num_computed = 0

    @property
    def num_compilations(self) -> int:
        """Programs compiled so far, one for each combination of shapes."""
        return self._on_devices.num_compilations

    @property
    def padding_share(self) -> float:
        """Share of padding among the tokens computed so far; 0 before the first."""
        return 1 - self._num_tokens / self._num_computed if self._num_computed else 0.0

    def __call__(
        self,
        tiled: TiledRows,
        arrays_of: Callable[[LengthBatch], tuple[Shaped[np.ndarray, "num_rows ..."], ...]],
        progress: Progress | None,
    ) -> Iterator[tuple[int, Shaped[np.ndarray, "..."]]]:
        """Computes all tiles.

        Args:
            tiled: rows, cut with this overlap.
            arrays_of: what the function gets beside the tokens of a batch, whose members are tiles.
            progress: called after each batch that finishes a row.

        Yields:
            The number of each tile, in no order, and what the function gave for it.

        Raises:
            ValueError: a batch does not fit the memory of a device.
        """
        missing = tiled.num_tiles
        for batch, results in self._run_ahead(tiled, arrays_of):
            finished = 0
            for member, result in zip(batch.members, results, strict=False):
                yield member, result
                tile = tiled.tiles[member]
                missing[tile.row] -= 1
                finished += not missing[tile.row]
                self._num_tokens += tile.num_tokens
            self._num_computed += batch.num_rows * batch.length
            if progress is not None and finished:
                progress(finished)

    def _run_ahead(self, tiled: TiledRows, arrays_of: Callable) -> Iterator[tuple[LengthBatch, np.ndarray]]:
        """Each batch with its results on the host, while the devices have the next ones to work on."""
        batches = plan_batches(
            [tile.num_tokens for tile in tiled.tiles],
            self.config.max_tokens,
            batch_tokens=self._batch_tokens,
            num_devices=self._on_devices.num_devices,
        )
        running: deque[tuple[LengthBatch, jax.Array]] = deque()
        with explaining_memory(_SMALLER_BATCH):
            for batch in batches:
                tokens = tiled.tokens_of(batch, self.config.pad_token_id)
                running.append((batch, self._on_devices(tokens, *arrays_of(batch))))
                if len(running) > _BATCHES_AHEAD:
                    done, results = running.popleft()
                    yield done, rows_of(results)
            for done, results in running:
                yield done, rows_of(results)
