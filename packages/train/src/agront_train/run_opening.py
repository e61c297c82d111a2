"""All that the first process keeps of a run on disk: settings, checkpoints, logs."""

import contextlib
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from agront_train.config import TrainConfig
from agront_train.observers import MetricsFile, Monitoring, NotesFile, Observer, Reporter, TensorBoardLog
from agront_train.run_folder import Checkpointer, Restored, RunIdentity, open_run_folder
from agront_train.update import TrainState


class OpenedRun(NamedTuple):
    """A run folder in use."""

    checkpointer: Checkpointer
    """Its checkpoints."""
    restored: Restored | None
    """The newest whole checkpoint; None where the run begins."""
    reporter: Reporter
    """Its logs, and who else listens."""


def open_run(
    stack: contextlib.ExitStack,
    run: Path,
    config: TrainConfig,
    identity: RunIdentity,
    template: TrainState,
    monitoring: Monitoring,
) -> OpenedRun:
    """Open or begin a run folder, to be closed with the stack.

    Args:
        stack: gets what must be closed.
        run: the folder.
        config: the run.
        identity: what must be the same when the run is resumed.
        template: the state's structure, shapes and types.
        monitoring: its observers are added to those that write into the folder.

    Raises:
        ValueError: the folder holds another run or something else, or is in use; or no checkpoint can be read.
    """
    stack.enter_context(open_run_folder(run, identity))
    checkpointer = stack.enter_context(Checkpointer(run / "checkpoints", keep=config.keep_checkpoints))
    restored = checkpointer.restore(template, identity)
    resume_at = 0 if restored is None else int(restored.state.step)
    notes = NotesFile(run / "notes.log")
    logs: list[Observer] = [
        MetricsFile(run / "metrics.jsonl", resume_at=resume_at),
        TensorBoardLog(run / "tensorboard", resume_at=resume_at),
        notes,
    ]
    reporter = stack.enter_context(Reporter(logs))

    def note_the_end(kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is not None:  # who sees the process end sees why; who comes later reads it here
            notes.note(f"ended by {kind.__name__}: {error}")

    stack.push(note_the_end)
    reporter.add(monitoring.observers(resume_at))
    if restored is not None:
        for reason in restored.rejected:
            reporter.note(reason)
        done = resume_at >= config.steps
        reporter.note(
            f"all {resume_at} updates were made before" if done else f"resumed at update {resume_at} of {config.steps}"
        )
    return OpenedRun(checkpointer, restored, reporter)
