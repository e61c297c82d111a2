"""What decides the rows of a training run: taken from a preset, or from a run as it was begun."""

import json
from pathlib import Path

from agront_data import GenomeStore
from agront_data.batches import RowSettings
from agront_train import read_metrics
from agront_train.run_folder import RUN_FILE
from presets import PRESETS


def settings_of_preset(name: str) -> RowSettings:
    """Rows as a preset makes them.

    Raises:
        ValueError: there is no such preset.
    """
    if name not in PRESETS:
        raise ValueError(f"--preset is {name!r}: there are {', '.join(PRESETS)}")
    experiment = PRESETS[name][1]
    return RowSettings(
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
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{file} does not hold the settings of rows ({type(error).__name__}: {error}): it is damaged"
        ) from error
    steps = max((record["step"] for record in read_metrics(metrics)), default=0) if metrics.exists() else 0
    return RowSettings.from_identity(identity, store, steps=steps, file=file)
