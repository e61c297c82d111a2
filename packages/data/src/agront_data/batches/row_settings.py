"""`RowSettings`: the settings that decide the rows of a run, as a preset gives them or as a run recorded them."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from agront_data.batches.mixture import PROPORTIONAL, Mixture
from agront_data.batches.row_order import RowOrder
from agront_data.store import GenomeStore
from agront_data.windows import HeldOut, WindowGrid, Windows


@dataclasses.dataclass(frozen=True, kw_only=True)
class RowSettings:
    """The settings of a run's rows.

    Attributes:
        windows: How sequence is cut into windows.
        held_out: Which sequence is kept from training.
        mixture: How rows are shared among genomes.
        both_strands: Whether half of the rows (drawn) are the reverse complement.
        seed: 0 to 2³² − 1.
        batch_size: Rows in the global batch.
        steps: Number of batches. It decides how many rows there are, not which.
    """

    windows: Windows
    held_out: HeldOut
    mixture: Mixture = PROPORTIONAL
    both_strands: bool = True
    seed: int
    batch_size: int
    steps: int

    @classmethod
    def from_identity(
        cls, identity: Mapping[str, Any], store: GenomeStore, *, steps: int, file: str | os.PathLike[str]
    ) -> "RowSettings":
        """Reads the settings that a run recorded, and checks that its store is this one.

        A setting that is absent has its default, so that a run of an older version without it can be read.

        Args:
            identity: Settings as JSON values: `windows`, `held_out`, `mixture`, `both_strands`, `train` with `seed` and
                `batch_size`, and `store`, the fingerprint of the store. Others are not read.
            store: The store that the run was trained on.
            steps: Number of batches.
            file: Where the settings were recorded, for messages.

        Raises:
            ValueError: A setting without default is absent, one is unknown or has a wrong value, or the run was trained
                on another store.
        """
        try:
            settings = cls(
                windows=Windows(**identity["windows"]),
                held_out=HeldOut(**_with_tuples(identity["held_out"])),
                mixture=Mixture(**identity.get("mixture", {})),
                both_strands=identity.get("both_strands", cls.both_strands),
                seed=identity["train"]["seed"],
                batch_size=identity["train"]["batch_size"],
                steps=steps,
            )
            fingerprint = identity["store"]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                f"{os.fspath(file)} does not hold the settings of rows ({type(error).__name__}: {error}): it is "
                "damaged, or of another version, whose rows this one cannot tell"
            ) from error
        if fingerprint != store.fingerprint:
            raise ValueError(
                f"{os.fspath(file)}: the run was trained on another store, of fingerprint {fingerprint}; "
                f"{store.location} has {store.fingerprint}: give the store it was trained on"
            )
        return settings

    @property
    def num_rows(self) -> int:
        """Number of rows in all steps."""
        return self.steps * self.batch_size

    def order_of(self, store: GenomeStore) -> RowOrder:
        """Returns the order of the rows on a store.

        Raises:
            ValueError: The store has no window to train on, or not the genomes that the settings name.
        """
        grid = WindowGrid.build(store, self.windows, self.held_out, "training")
        return RowOrder(grid=grid, seed=self.seed, mixture=self.mixture, both_strands=self.both_strands)


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns settings with tuples in place of lists: JSON has no tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
