"""What decides the rows of a training run: taken from a preset, or from a run as it was begun."""

from pathlib import Path

from agront_data import GenomeStore
from agront_data.batches import RowSettings
from agront_model.pretrained import describe_run
from presets import PRESETS


def settings_of_preset(name: str) -> RowSettings:
    """Rows as a preset makes them.

    Raises:
        ValueError: there is no such preset.
    """
    if name not in PRESETS:
        raise ValueError(f"--preset is {name!r}: there are {', '.join(PRESETS)}")
    experiment = PRESETS[name][1]
    of_experiment = {name: getattr(experiment, name) for name in ("windows", "held_out", "mixture", "both_strands")}
    of_training = {name: getattr(experiment.train, name) for name in ("seed", "batch_size", "steps")}
    return RowSettings(**of_experiment, **of_training)


def settings_of_run(run: Path, store: GenomeStore) -> RowSettings:
    """Rows as a run has them; its steps are the updates that it has made.

    Raises:
        ValueError: the folder holds no run, one of another version, or one on another store.
    """
    description = describe_run(run)
    if description is None:
        raise ValueError(f"{run} holds no run (no run.json): give the folder that tools/pretrain.py --run made")
    file = description.folder / "run.json"
    if not description.settings:
        raise ValueError(f"{file} does not hold the settings of rows: it is damaged, so restore it, or give --preset")
    return RowSettings.from_identity(description.settings, store, steps=description.num_updates, file=file)
