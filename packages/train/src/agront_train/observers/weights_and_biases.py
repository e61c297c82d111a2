"""Weights & Biases, for those who installed it."""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agront_train.observers.step_record import StepRecord, tagged_scalars
from agront_train.run_folder import write_whole

ID_FILE = "wandb_id"


class WeightsAndBiasesLog:
    """An `Observer` that sends every number, and guesses as a table, to one run at Weights & Biases.

    That run's id is kept in the run folder, so that a resumed run continues the same curves. Settings such as
    `WANDB_MODE=offline` are Weights & Biases' own.
    """

    def __init__(self, project: str, folder: Path, *, config: Mapping[str, Any]):
        """Begin the run there, or continue it.

        Args:
            project: its project; created if it does not exist.
            folder: the run folder: its name is the name that the run is shown under.
            config: settings to show with it.

        Raises:
            ValueError: `wandb` is not installed, or the run cannot be begun, as without a login.
        """
        try:
            import wandb
        except ImportError as error:
            raise ValueError(
                "Weights & Biases is not installed: pip install 'agront-train[wandb]', or leave it out"
            ) from error
        file = folder / ID_FILE
        if not file.exists():
            write_whole(file, uuid.uuid4().hex)
        try:
            self._run = wandb.init(
                project=project,
                dir=str(folder),
                id=file.read_text().strip(),
                name=folder.resolve().name,
                resume="allow",
                config=dict(config),
                settings=wandb.Settings(console="off"),  # the terminal is the progress bar's
            )
        except wandb.Error as error:
            raise ValueError(
                f"Weights & Biases: {error} (WANDB_MODE=offline keeps the log in {folder} until `wandb sync`)"
            ) from error
        self._wandb = wandb

    def record(self, record: StepRecord) -> None:
        """Send every number that is finite. Updates that a kill undid and that were sent before are not sent again.

        Raises:
            OSError: `wandb` refuses.
        """
        if record.step < self._run.starting_step:
            return
        values: dict[str, Any] = tagged_scalars(record)
        if record.guesses is not None:
            rows = [
                [
                    guess.row,
                    guess.position,
                    guess.token,
                    ", ".join(f"{token} {share:.1%}" for token, share in guess.top),
                ]
                for guess in record.guesses
            ]
            values["guesses"] = self._wandb.Table(columns=["row", "position", "stood there", "guesses"], data=rows)
        try:
            self._run.log(values, step=record.step)
        except self._wandb.Error as error:
            raise OSError(f"Weights & Biases: {error}") from error

    def note(self, message: str) -> None:
        """Leave notes out: the log holds numbers."""

    def close(self) -> None:
        """Send what is left.

        Raises:
            OSError: `wandb` fails, in whatever way.
        """
        try:
            self._run.finish()
        except Exception as error:
            raise OSError(f"Weights & Biases: {error}") from error
