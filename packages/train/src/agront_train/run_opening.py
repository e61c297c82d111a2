"""Opening a run: its settings, checkpoints and logs on the disk of the first process."""

import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

from agront_train.config import TrainConfig
from agront_train.devices import on_first
from agront_train.observers import METRICS_FILE, MetricsFile, Monitoring, NotesFile, Observer, Reporter, TensorBoardLog
from agront_train.run_folder import Checkpointer, Restored, RunIdentity, open_run_folder, without_file_locks
from agront_train.update import TrainState


@dataclasses.dataclass
class OpenedRun:
    """A run folder in use."""

    checkpointer: Checkpointer | None = None
    """Its checkpoints; None in all processes but the first."""
    restored: Restored | None = None
    """The newest whole checkpoint; None where the run begins, and in all processes but the first.

    To be set to None once it is on the devices: it is as large as the model and its moments.
    """
    reporter: Reporter = dataclasses.field(default_factory=lambda: Reporter(()))
    """Its logs and other observers; none in all processes but the first."""


@contextlib.contextmanager
def open_run(
    run: Path, config: TrainConfig, identity: RunIdentity, template: TrainState, monitoring: Monitoring
) -> Iterator[OpenedRun]:
    """Open or begin a run folder, in the first process; the others wait for it and get an empty `OpenedRun`.

    Args:
        run: the folder.
        config: the run.
        identity: the settings that must be the same when the run is resumed.
        template: the state's structure, shapes and types.
        monitoring: its observers are added to those that write into the folder.

    Raises:
        ValueError: the folder holds another run or something else, or is in use; or no checkpoint can be read.
    """
    with contextlib.ExitStack() as stack:
        opened = on_first(lambda: stack.enter_context(_open(run, config, identity, template, monitoring)))
        yield opened or OpenedRun()


@contextlib.contextmanager
def _open(
    run: Path, config: TrainConfig, identity: RunIdentity, template: TrainState, monitoring: Monitoring
) -> Iterator[OpenedRun]:
    with (
        open_run_folder(run, identity) as unlocked,
        contextlib.nullcontext() if unlocked is None else without_file_locks(),
        Checkpointer(run / "checkpoints", keep=config.keep_checkpoints) as checkpointer,
    ):
        opened = OpenedRun(checkpointer, checkpointer.restore(template, identity))
        resume_at = 0 if opened.restored is None else int(opened.restored.state.step)
        notes = NotesFile(run / "notes.log")
        logs: list[Observer] = [
            MetricsFile(run / METRICS_FILE, resume_at=resume_at),
            TensorBoardLog(run / "tensorboard", resume_at=resume_at),
            notes,
        ]
        with Reporter(logs) as opened.reporter, _noting_the_end(notes):
            opened.reporter.add(monitoring.observers(resume_at))
            if unlocked is not None:
                opened.reporter.note(unlocked)
            _note_the_beginning(opened, config.steps)
            yield opened


def _note_the_beginning(opened: OpenedRun, steps: int) -> None:
    if opened.restored is not None:
        for reason in opened.restored.rejected:
            opened.reporter.note(reason)
        step = int(opened.restored.state.step)
        done = step >= steps
        opened.reporter.note(f"all {step} updates were made before" if done else f"resumed at update {step} of {steps}")


@contextlib.contextmanager
def _noting_the_end(notes: NotesFile) -> Iterator[None]:
    """Write the error that ends a run into its notes: a terminal's last lines may be lost."""
    try:
        yield
    except BaseException as error:
        notes.note(f"ended by {type(error).__name__}: {error}")
        raise
