"""What decides the rows of a training run: taken from a preset, or from a run as it was begun."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from agront_data import GenomeStore, HeldOut, Mixture, RowOrder, WindowGrid, Windows
from agront_train import read_metrics
from agront_train.run_folder import RUN_FILE
from presets import PRESETS


@dataclasses.dataclass(frozen=True, kw_only=True)
class RowSettings:
    """The settings of rows; steps only say how many there are."""

    source: str
    """What they were taken from, in words."""
    windows: Windows
    held_out: HeldOut
    mixture: Mixture
    both_strands: bool
    seed: int
    batch_size: int
    steps: int

    @property
    def num_rows(self) -> int:
        """Rows in all steps."""
        return self.steps * self.batch_size

    def order_of(self, store: GenomeStore) -> RowOrder:
        """The rows on a store.

        Raises:
            ValueError: the store has no window to train on, or not the genomes that the settings name.
        """
        grid = WindowGrid.build(store, self.windows, self.held_out, "training")
        return RowOrder(grid=grid, seed=self.seed, mixture=self.mixture, both_strands=self.both_strands)


def settings_of_preset(name: str) -> RowSettings:
    """Rows as a preset makes them.

    Raises:
        ValueError: there is no such preset.
    """
    if name not in PRESETS:
        raise ValueError(f"--preset is {name!r}: there are {', '.join(PRESETS)}")
    experiment = PRESETS[name][1]
    return RowSettings(
        source=f"preset {name}",
        windows=experiment.windows,
        held_out=experiment.held_out,
        mixture=experiment.mixture,
        both_strands=experiment.both_strands,
        seed=experiment.train.seed,
        batch_size=experiment.train.batch_size,
        steps=experiment.train.steps,
    )


def settings_of_run(run: Path, store: GenomeStore) -> RowSettings:
    """Rows as a run has them; its steps are the updates that it has made.

    Raises:
        ValueError: the folder holds no run, one of another version, or one on another store.
    """
    file, metrics = run / RUN_FILE, run / "metrics.jsonl"
    if not file.is_file():
        raise ValueError(f"{run} holds no run (no {RUN_FILE}): give the folder that tools/pretrain.py --run made")
    try:
        identity = json.loads(file.read_text())["identity"]
        # JSON knows no tuples.
        held_out: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in identity["held_out"].items()
        }
        settings = RowSettings(
            source=f"run {run}",
            windows=Windows(**identity["windows"]),
            held_out=HeldOut(**held_out),
            mixture=Mixture(**identity["mixture"]),
            both_strands=identity["both_strands"],
            seed=identity["train"]["seed"],
            batch_size=identity["train"]["batch_size"],
            steps=max((record["step"] for record in read_metrics(metrics)), default=0) if metrics.exists() else 0,
        )
        trained_on = identity["store"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{file} does not hold the settings of rows ({type(error).__name__}: {error}): it is damaged, or of "
            "another version, whose rows this one cannot tell"
        ) from error
    if trained_on != store.fingerprint:
        raise ValueError(
            f"{run} was trained on another store, of fingerprint {trained_on}; {store.location} has "
            f"{store.fingerprint}: give the store it was trained on"
        )
    return settings
