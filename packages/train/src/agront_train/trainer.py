"""A run from its first update, or its last checkpoint, to its end."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax

from agront_train.config import TrainConfig
from agront_train.devices import (
    check_batch_size,
    check_same_on_all,
    count_devices,
    init_replicated_state,
    replicate_state,
    tell_all,
)
from agront_train.held_out_losses import RowLosses
from agront_train.interfaces import Batch, Params, ResumableIterator, Task
from agront_train.observers import LOSSES_ONLY, Monitoring
from agront_train.run_folder import RunIdentity, setting_defaults
from agront_train.run_opening import OpenedRun, open_run
from agront_train.session import RowScores, Session
from agront_train.update import TrainState, init_state


class TrainResult(NamedTuple):
    """The end of a run."""

    state: TrainState
    """NumPy leaves, on the host, without frozen parameters."""
    scores: RowScores | None
    """Scores of the held-out rows, in the order of the rows given; None where the run was stopped before."""
    checkpoint: Path
    """The last checkpoint."""

    @property
    def held_out(self) -> RowLosses | None:
        """Held-out losses of each row, all classes together; None where the run was stopped before."""
        return None if self.scores is None else RowLosses.of(self.scores)


def train(
    task: Task,
    batches: ResumableIterator,
    held_out: Iterable[Batch],
    *,
    config: TrainConfig,
    run: Path,
    identity: RunIdentity | Mapping[str, Any],
    initial_params: Params | None = None,
    frozen: Params = (),
    sampled_batches: int | None = None,
    monitoring: Monitoring = LOSSES_ONLY,
    should_stop: Callable[[], bool] = lambda: False,
    devices: Sequence[jax.Device] | None = None,
) -> TrainResult:
    """Train until `config.steps` updates are made; resume where the run folder holds a checkpoint.

    With several processes (`jax.distributed`), all call this. Only the first touches the run folder: `RUN_FORMAT.md`.

    Args:
        task: what is learned.
        batches: this host's rows of global batches of `config.batch_size` rows.
        held_out: batches of rows never trained on, the same in all processes, iterated anew at each measurement, all of
            one shape whose rows all devices divide; rows of weight 0 count nothing.
        config: the run.
        run: the run folder.
        identity: what else must be the same when the run is resumed (model, data, frozen parameters …); JSON-able.
        initial_params: trained parameters to begin with, NumPy leaves, float32; None draws them by `config.seed`. Those
            of the first process count; a run that is resumed does not look at them.
        frozen: parameters that no update changes, NumPy leaves, to be given again when the run is resumed.
        sampled_batches: measurements before the end take the first so many of the held-out batches; None takes all.
        monitoring: what is shown and logged.
        should_stop: asked at each update; true in any process ends the run after this update or the next, with a
            checkpoint.
        devices: local devices to train on; None takes all, and so must several processes.

    Raises:
        ValueError: the batch cannot be cut evenly; the run folder holds another run or something else, or is in use; or
            none of the run's checkpoints can be read.
        FloatingPointError: so many updates in a row were skipped as `config.stop_after_skipped` says.
        OSError: the last checkpoint, or the last lines of a log, could not be written.
    """
    devices = _devices_of_run(devices, config)
    identity = _identity_of_run(RunIdentity.of(identity), config)
    template = jax.eval_shape(lambda: init_state(task, config))
    with open_run(run, config, identity, template, monitoring) as opened:
        session = Session(
            task=task,
            batches=batches,
            held_out=held_out,
            sampled_batches=sampled_batches,
            config=config,
            identity=identity,
            monitoring=monitoring,
            should_stop=should_stop,
            devices=devices,
            opened=opened,
            state=_state_on_devices(task, opened, batches, template, config, initial_params, frozen, devices),
        )
        while not session.finished:
            session.update()
        return _conclude(session, run)


def _devices_of_run(devices: Sequence[jax.Device] | None, config: TrainConfig) -> Sequence[jax.Device]:
    if devices is not None and jax.process_count() > 1:
        raise ValueError(f"{jax.process_count()} processes train on all of their devices: devices cannot be chosen")
    devices = jax.local_devices() if devices is None else devices
    check_batch_size(config, count_devices(devices))
    return devices


def _identity_of_run(identity: RunIdentity, config: TrainConfig) -> RunIdentity:
    check_same_on_all({**identity.settings, "train": dataclasses.asdict(config)})
    return identity.joined("train", config.identity(), setting_defaults(config))


def _state_on_devices(
    task: Task,
    opened: OpenedRun,
    batches: ResumableIterator,
    template: TrainState,
    config: TrainConfig,
    initial_params: Params | None,
    frozen: Params,
    devices: Sequence[jax.Device],
) -> TrainState:
    """The replicated state of the last checkpoint, with the loader at its position; a first one where there is none."""
    restored, opened.restored = opened.restored, None  # it is as large as the model
    loader_state = tell_all(None if restored is None else restored.loader_state)
    if loader_state is None:
        return init_replicated_state(task, config, devices, initial_params, frozen)
    batches.set_state(loader_state)
    saved = template if restored is None else restored.state  # the first process hands out the values
    return replicate_state(saved._replace(frozen=frozen), config, devices)


def _conclude(session: Session, run: Path) -> TrainResult:
    if session.stopping:
        steps = session.config.steps
        session.opened.reporter.note(f"stopped after update {session.step} of {steps}, with a checkpoint")
    elif session.scores is None:  # all updates were made before
        session.measure(None)
    return TrainResult(session.final_state(), session.scores, run / "checkpoints" / str(session.step))
