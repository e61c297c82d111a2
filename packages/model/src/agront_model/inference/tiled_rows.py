"""Rows of any length as the tiles that they are computed in."""

import dataclasses
from collections.abc import Callable, Sequence
from itertools import chain

import numpy as np
from jaxtyping import Int, Int32, Integer

from agront_model.config import AgroNTConfig
from agront_model.inference.length_batches import LengthBatch
from agront_model.inference.rows import check_rows
from agront_model.inference.tiles import Tile, lay_tiles


@dataclasses.dataclass(frozen=True, kw_only=True)
class TiledRows:
    """Rows of token ids with their tiles; most rows are one.

    Attributes:
        rows: token ids, unpadded, `<cls>` first.
        tiles: those of all rows, in order.
    """

    rows: Sequence[Integer[np.ndarray, "_T"]]
    tiles: Sequence[Tile]

    @classmethod
    def cut(cls, rows: Sequence[Integer[np.ndarray, "_T"]], config: AgroNTConfig, overlap: int) -> "TiledRows":
        """Checks rows, and cuts those that are longer than the context.

        Raises:
            ValueError: see `check_rows`.
        """
        checked = check_rows(rows, config)
        tiles_of = (lay_tiles(index, len(row), config.max_tokens, overlap) for index, row in enumerate(checked))
        return cls(rows=checked, tiles=list(chain.from_iterable(tiles_of)))

    @property
    def num_tiles(self) -> Int[np.ndarray, "N"]:
        """How many tiles each row has."""
        return np.bincount([tile.row for tile in self.tiles], minlength=len(self.rows))

    def keep(self, wanted: Callable[[Tile], bool]) -> "TiledRows":
        """The same rows without the tiles that nobody wants."""
        return dataclasses.replace(self, tiles=[tile for tile in self.tiles if wanted(tile)])

    def tokens_of(self, batch: LengthBatch, pad_token_id: int) -> Int32[np.ndarray, "num_rows length"]:
        """The token ids of a batch whose members are tiles: padded at the right, rows of padding at the end."""
        tokens = np.full((batch.num_rows, batch.length), pad_token_id, np.int32)
        for row, member in zip(tokens, batch.members, strict=False):
            tile = self.tiles[member]
            row[0] = self.rows[tile.row][0]
            row[1 : tile.num_tokens] = self.rows[tile.row][tile.start : tile.stop]
        return tokens
