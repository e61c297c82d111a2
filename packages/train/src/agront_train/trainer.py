"""A run from its first update, or its last checkpoint, to its end."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from agront_train.config import TrainConfig
from agront_train.devices import (
    check_batch_size,
    check_same_on_all,
    count_devices,
    init_replicated_state,
    is_first,
    local_params,
    make_gather_state,
    make_replicated_evaluation,
    make_replicated_step,
    on_first,
    replicate_state,
    split_batch,
    tell_all,
    unreplicate,
    wait_for_all,
)
from agront_train.interfaces import MaskedLanguageModel, MaskingVocabulary, Params, ResumableIterator, TrainingBatch
from agront_train.observers import LOSSES_ONLY, Monitoring, Reporter, StepRecord
from agront_train.run_folder import CheckpointWriteError, RunIdentity, setting_defaults
from agront_train.run_opening import open_run
from agront_train.skipped_updates import describe_skipped, divergence
from agront_train.stopwatch import Stopwatch
from agront_train.tasks import RowLosses, make_guesses
from agront_train.update import StepMetrics, TrainState, init_state


class TrainResult(NamedTuple):
    """What a run ends with."""

    state: TrainState
    """NumPy leaves, on the host."""
    held_out: RowLosses | None
    """Held-out losses of each row at the end, in the order of the rows given; None where the run was stopped before."""
    checkpoint: Path
    """The last checkpoint."""


def train(
    model: MaskedLanguageModel,
    batches: ResumableIterator,
    held_out: Iterable[TrainingBatch],
    *,
    config: TrainConfig,
    vocabulary: MaskingVocabulary,
    num_tokens: int,
    run: Path,
    identity: RunIdentity | Mapping[str, Any],
    initial_params: Params | None = None,
    monitoring: Monitoring = LOSSES_ONLY,
    should_stop: Callable[[], bool] = lambda: False,
    devices: Sequence[jax.Device] | None = None,
) -> TrainResult:
    """Train until `config.steps` updates are made; resume where the run folder holds a checkpoint.

    With several processes (`jax.distributed`), all call this. Only the first touches the run folder, which gets
    `run.json` (what the run is), `metrics.jsonl`, `notes.log`, `tensorboard/` and `checkpoints/`.

    Args:
        model: the three functions.
        batches: this host's rows of global batches of `config.batch_size` rows.
        held_out: batches of rows never trained on, the same in all processes, iterated anew at each measurement, all of
            one shape whose rows all devices divide; rows without a nucleotide count nothing.
        config: the run.
        vocabulary: what may be masked.
        num_tokens: T, the tokens of a row.
        run: the run folder.
        identity: what else must be the same when the run is resumed (model, vocabulary, data …): JSON-able settings.
        initial_params: NumPy leaves, float32, to begin with; None draws them by `config.seed`. Those of the first
            process count; a run that is resumed does not look at them.
        monitoring: what is shown and logged.
        should_stop: asked at each update; where it is true in any process, the run ends after this or the next update,
            with a checkpoint.
        devices: local devices to train on; None takes all, and so must several processes.

    Raises:
        ValueError: the batch cannot be cut evenly; the run folder holds another run or something else, or is in use; or
            none of the run's checkpoints can be read.
        FloatingPointError: so many updates in a row were skipped as `config.stop_after_skipped` says.
        OSError: the last checkpoint, or the last lines of a log, could not be written.
    """
    if devices is not None and jax.process_count() > 1:
        raise ValueError(f"{jax.process_count()} processes train on all of their devices: devices cannot be chosen")
    devices = jax.local_devices() if devices is None else devices
    check_batch_size(config, count_devices(devices))
    identity = RunIdentity.of(identity)
    check_same_on_all({**identity.settings, "train": dataclasses.asdict(config)})
    identity = identity.joined("train", config.identity(), setting_defaults(config))
    template = jax.eval_shape(lambda: init_state(model, config, num_tokens))
    with contextlib.ExitStack() as stack:
        opened = on_first(lambda: open_run(stack, run, config, identity, template, monitoring))
        checkpointer, restored, reporter = opened or (None, None, Reporter(()))
        loader_state = tell_all(None if restored is None else restored.loader_state)
        if loader_state is None:
            state = init_replicated_state(model, config, num_tokens, devices, initial_params)
        else:
            batches.set_state(loader_state)
            state = replicate_state(template if restored is None else restored.state, config, devices)
            opened = restored = None  # it is as large as the model
        step = make_replicated_step(model, config, vocabulary, devices)
        gather_state = make_gather_state(config, devices)
        evaluation = make_replicated_evaluation(model, config, vocabulary, devices)
        guess = make_guesses(model, config, vocabulary, monitoring.token_names) if monitoring.token_names else None

        def evaluate() -> RowLosses | None:
            """Measure all held-out rows; None as soon as a host wants to stop: who is told to has little time."""
            parts = []
            for batch in held_out:
                losses, stop = evaluation(state.params, batch, should_stop())
                if stop:
                    return None
                parts.append(losses)
            return RowLosses(*map(np.concatenate, zip(*parts, strict=True)))

        def going_on(write: Callable[[], None], last: bool = False) -> None:
            try:
                write()
            except CheckpointWriteError as error:
                if last:
                    raise
                reporter.note(f"{error}; the run goes on")

        def save(last: bool) -> TrainState | None:
            """Write a checkpoint; the last is waited for, and its state handed out."""
            if checkpointer is None and not config.shard_optimizer:
                return None
            whole = gather_state(state)  # with a sharded optimizer all hosts take part
            if checkpointer is None:
                return whole if last else None
            going_on(checkpointer.wait)
            going_on(lambda: checkpointer.save(whole, batches.get_state(), identity), last)
            if not last:
                return None
            checkpointer.wait()
            return whole

        def settle(number: int, metrics: StepMetrics, stop: jax.Array) -> tuple[StepRecord, bool]:
            """Wait for an update; say what went wrong; return it, and whether a host wants to stop."""
            values = unreplicate(metrics)
            seconds, wait = stopwatch.lap()
            record = _record(number, values, seconds, wait, config.batch_size * num_tokens, monitoring)
            if record.skipped:
                reporter.note(describe_skipped(record, config))
            if checkpointer is not None:
                going_on(checkpointer.check)
            if int(values.skipped_in_a_row) >= config.stop_after_skipped:
                reporter.record(record)
                raise divergence(record, int(values.skipped_in_a_row), config)
            return record, bool(unreplicate(stop))

        number = int(unreplicate(state.step))
        losses, pending, saved, stopping = None, None, None, False
        stopwatch = Stopwatch()
        while number < config.steps and not stopping:
            with stopwatch.waiting():
                batch = split_batch(next(batches), len(devices), config.micro_batches)
            state, metrics, stop = step(state, batch, should_stop())
            number += 1
            if pending is not None:  # the update before is reported while the devices make this one
                record, stopping = settle(*pending)
                reporter.record(record)
            pending, losses = (number, metrics, stop), None
            evaluate_now = number % config.evaluate_every == 0 or number == config.steps
            save_now = number % config.checkpoint_every == 0 or number == config.steps
            if evaluate_now or save_now or stopping:
                record, stop_now = settle(*pending)
                pending, stopping = None, stopping or stop_now
                if evaluate_now and not stopping:
                    losses = evaluate()
                    stopping = losses is None
                if losses is not None:
                    record = _with_held_out(record, losses, monitoring)
                    if guess is not None and is_first():
                        row = next(iter(held_out))
                        guesses = guess(local_params(state), row.tokens[0], int(row.rows[0]))
                        record = dataclasses.replace(record, guesses=guesses)
                reporter.record(record)
                if save_now or stopping:
                    saved = save(last=stopping or number == config.steps)
                wait_for_all()  # the first was busy alone
                stopwatch.restart()
        if stopping:
            reporter.note(f"stopped after update {number} of {config.steps}, with a checkpoint")
        elif losses is None:
            losses = evaluate()
        whole = gather_state(state) if saved is None else saved
        return TrainResult(whole, losses, run / "checkpoints" / str(number))


def _record(
    number: int, metrics: StepMetrics, seconds: float, wait: float, tokens: int, monitoring: Monitoring
) -> StepRecord:
    rate, peak = tokens / seconds, monitoring.peak_tokens_per_second
    return StepRecord(
        step=number,
        loss=float(metrics.loss),
        grad_norm=float(metrics.grad_norm),
        learning_rate=float(metrics.learning_rate),
        tokens_per_second=rate,
        data_wait=wait,
        utilisation=None if peak is None else rate / peak,
        skipped=bool(metrics.skipped_in_a_row),
    )


def _with_held_out(record: StepRecord, losses: RowLosses, monitoring: Monitoring) -> StepRecord:
    by_group = losses.by_group(monitoring.groups) if monitoring.groups else None
    return dataclasses.replace(record, held_out_loss=losses.mean, held_out_loss_by_group=by_group)
