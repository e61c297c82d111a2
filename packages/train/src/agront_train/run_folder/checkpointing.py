"""Whole, checked checkpoints on Orbax.

Orbax writes asynchronously and atomically (a folder gets its final name when it is complete) and keeps the newest few.
It does not notice a flipped byte, and restores another shape than asked for without a word. So shape, type and digest
of every leaf are saved with the arrays, and are checked when they are read.
"""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import orbax.checkpoint as ocp

from agront_train.run_folder.array_digests import check_shapes, describe, json_digest
from agront_train.run_folder.checkpoint_write_error import CheckpointWriteError
from agront_train.run_folder.orbax_manager import close_manager, open_manager
from agront_train.run_folder.orbax_noise import without_late_writes, without_logged_tracebacks
from agront_train.run_folder.run_identity import RunIdentity, check_same_run
from agront_train.run_folder.saved_state import SavedState
from agront_train.update import TrainState

FORMAT = 1
"""Version of what `metadata` holds; a version that holds something else must still read this one."""


class Restored(NamedTuple):
    """A checkpoint that was found whole."""

    state: TrainState
    """NumPy leaves, on the host, without frozen parameters."""
    loader_state: dict[str, Any]
    """The position of the loader."""
    rejected: tuple[str, ...]
    """A sentence for each newer checkpoint, which was damaged and moved aside; empty as a rule."""


class Checkpointer:
    """The checkpoints of one run, in one folder; a context manager that waits for the last write.

    Within it, Orbax and tensorstore print no tracebacks of a failed write: it is raised here.
    """

    def __init__(self, folder: Path, *, keep: int):
        """Open or create.

        Args:
            folder: holds one folder a checkpoint, named by its step.
            keep: how many of the newest stay.
        """
        self._folder = folder
        self._keep = keep
        self._writing: int | None = None
        self._manager = open_manager(self._folder, self._keep)
        self._quiet = without_logged_tracebacks()

    def __enter__(self) -> "Checkpointer":
        without_late_writes()
        self._quiet.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(CheckpointWriteError):  # something else ends the run already
            self.wait()
        close_manager(self._manager)
        self._quiet.__exit__(None, None, None)

    @property
    def steps(self) -> list[int]:
        """Steps of the whole checkpoints, oldest first."""
        return sorted(self._manager.all_steps())

    def path(self, step: int) -> Path:
        """The folder of a checkpoint."""
        return self._folder / str(step)

    def save(self, state: TrainState, loader_state: dict[str, Any], identity: RunIdentity | Mapping[str, Any]) -> None:
        """Begin to write a checkpoint; returns when the arrays may change again.

        Args:
            state: NumPy leaves that nobody else writes to. Frozen parameters are not saved.
            loader_state: JSON-able.
            identity: what the run is: see `run_identity`. JSON-able.

        Raises:
            ValueError: there is a checkpoint of this step.
            CheckpointWriteError: it cannot be written. Older checkpoints are as they were.
        """
        self.wait()
        step, saved = int(state.step), SavedState.of(state)
        if step in self._manager.all_steps():
            raise ValueError(f"{self.path(step)} exists: a checkpoint is never written over")
        metadata = {
            "format": FORMAT,
            "loader_state": dict(loader_state),
            "identity": dict(RunIdentity.of(identity).settings),
            "leaves": describe(saved),
        }
        sealed = {"content": metadata, "digest": json_digest(metadata)}
        arguments = ocp.args.Composite(state=ocp.args.PyTreeSave(saved), metadata=ocp.args.JsonSave(sealed))
        self._writing = step
        with self._failure_said():
            self._manager.save(step, args=arguments)

    def wait(self) -> None:
        """Return when the last checkpoint is on disk.

        Raises:
            CheckpointWriteError: it could not be written. Older checkpoints are as they were.
        """
        if self._writing is not None:
            with self._failure_said():
                self._manager.wait_until_finished()
            self._writing = None

    def check(self) -> None:
        """Raise `CheckpointWriteError` if the last checkpoint has failed by now; does not wait."""
        if self._writing is not None and not self._manager.is_saving_in_progress():
            self.wait()

    @contextlib.contextmanager
    def _failure_said(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # Orbax raises whatever its writers raise
            step, self._writing = self._writing, None
            # Orbax takes the failed one for written until it looks anew; opening removes what is left of it.
            with contextlib.suppress(OSError):  # tried again with the next checkpoint
                self._reopen()
            raise CheckpointWriteError.of(self.path(step or 0), error) from error

    def restore(self, template: TrainState, identity: RunIdentity | Mapping[str, Any]) -> Restored | None:
        """The newest whole checkpoint, or None where there is none at all.

        Where the newest is damaged, the one before it is taken, and the damaged one moved to
        `rejected_checkpoints` in the run folder.

        Args:
            template: gives structure, shapes and types (`jax.eval_shape` will do).
            identity: what the run is now.

        Raises:
            ValueError: the checkpoint is of a run with other settings, or of a state of other arrays; or no checkpoint
                can be read. Nothing is moved then.
        """
        damaged: dict[int, _DamagedError] = {}
        for step in reversed(self.steps):
            try:
                metadata = self._read_metadata(step)
                check_same_run(metadata["identity"], identity, self.path(step))
                check_shapes(SavedState.of(template), metadata["leaves"], self.path(step))
                state = self._read_state(step, template, metadata["leaves"])
            except _DamagedError as error:
                damaged[step] = error
                continue
            # Only now is it sure that it was the checkpoint and not, say, the disk or a library.
            rejected = tuple(self._reject(step, error) for step, error in damaged.items())
            return Restored(state, metadata["loader_state"], rejected)
        if damaged:
            reasons = "".join(f"\n  {self.path(step)}: {error}" for step, error in damaged.items())
            raise ValueError(
                "no checkpoint can be read, and none was touched; copy the run again, or train anew in another "
                f"folder:{reasons}"
            )
        return None

    def _read_metadata(self, step: int) -> dict[str, Any]:
        try:
            arguments = ocp.args.Composite(metadata=ocp.args.JsonRestore())
            sealed = self._manager.restore(step, args=arguments)["metadata"]
            content, digest = sealed["content"], sealed["digest"]
        except Exception as error:  # Orbax raises whatever its readers raise
            raise _DamagedError(f"metadata cannot be read: {error}") from error
        if digest != json_digest(content):
            raise _DamagedError("metadata differs from its digest")
        if content.get("format") != FORMAT:
            raise ValueError(
                f"{self.path(step)} has format {content.get('format')}, and this version reads {FORMAT}: train on with "
                "the version that wrote it"
            )
        return content

    def _read_state(self, step: int, template: TrainState, leaves: Mapping[str, Any]) -> TrainState:
        # NumPy, not JAX: restored JAX arrays are committed to one device, and pmap refuses them.
        empty = jax.tree.map(lambda leaf: np.empty(leaf.shape, leaf.dtype), SavedState.of(template))
        as_numpy = jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), empty)
        arguments = ocp.args.PyTreeRestore(item=empty, restore_args=as_numpy)
        try:
            saved = self._manager.restore(step, args=ocp.args.Composite(state=arguments))["state"]
        except Exception as error:  # Orbax raises whatever its readers raise
            raise _DamagedError(f"state cannot be read: {error}") from error
        for path, leaf in describe(saved).items():
            if leaf != leaves[path]:
                raise _DamagedError(f"leaf {path} differs from its digest, shape or type")
        return saved.to_state()

    def _reopen(self) -> None:
        close_manager(self._manager)
        self._manager = open_manager(self._folder, self._keep)

    def _reject(self, step: int, error: Exception) -> str:
        aside = self._folder.parent / "rejected_checkpoints" / str(step)
        aside.parent.mkdir(exist_ok=True)
        attempt = 1
        while aside.exists():
            attempt += 1
            aside = aside.with_name(f"{step}.{attempt}")
        self.path(step).rename(aside)
        self._reopen()  # Orbax keeps a list of its own, and would not write this step again
        return f"checkpoint {step} is damaged ({error}); moved to {aside}"


class _DamagedError(Exception):
    """This checkpoint cannot be used; the one before it may be."""
