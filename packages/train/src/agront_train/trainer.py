"""A run from its first update, or its last checkpoint, to its end."""

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from agront_train.checkpointing import Checkpointer
from agront_train.config import TrainConfig
from agront_train.evaluation import RowLosses
from agront_train.interfaces import MaskedLanguageModel, MaskingVocabulary, ResumableIterator, TrainingBatch
from agront_train.metrics import MetricsFile, Observer, StepRecord, TensorBoardLog
from agront_train.replication import (
    check_batch_size,
    make_replicated_evaluation,
    make_replicated_step,
    replicate,
    split_batch,
    unreplicate,
)
from agront_train.run_identity import open_run_folder
from agront_train.step import StepMetrics, TrainState, init_state


class TrainResult(NamedTuple):
    """What a run ends with."""

    state: TrainState
    """NumPy leaves, on the host."""
    held_out: RowLosses
    """Held-out losses of each row at the end, in the order of the rows given."""
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
    identity: Mapping[str, Any],
    observers: Callable[[int], Sequence[Observer]] = lambda resume_at: (),
    devices: Sequence[jax.Device] | None = None,
) -> TrainResult:
    """Train until `config.steps` updates are made; resume where the run folder holds a checkpoint.

    The run folder gets `run.json` (what the run is), `metrics.jsonl`, `tensorboard/` and `checkpoints/`.

    Args:
        model: the three functions.
        batches: global batches of `config.batch_size` rows.
        held_out: batches of rows never trained on, iterated anew at each measurement, all of one shape whose rows the
            devices divide; rows without a nucleotide count nothing.
        config: the run.
        vocabulary: what may be masked.
        num_tokens: T, the tokens of a row.
        run: the run folder.
        identity: what else must be the same when the run is resumed (model, vocabulary, data …); JSON-able.
        observers: called with the number of updates resumed from; what it returns hears of every update.
        devices: local devices to train on; None takes all.

    Raises:
        ValueError: the batch cannot be cut evenly; the run folder holds another run or something else, or is in use; or
            none of the run's checkpoints can be read.
        FloatingPointError: a loss or gradient is not finite. Nothing is saved after it.
    """
    if jax.process_count() > 1:
        raise ValueError(f"this version trains in one process, and there are {jax.process_count()}: start one alone")
    devices = jax.local_devices() if devices is None else devices
    check_batch_size(config, len(devices))
    identity = {**identity, "train": config.identity()}
    with contextlib.ExitStack() as stack:
        stack.enter_context(open_run_folder(run, identity))
        checkpointer = stack.enter_context(Checkpointer(run / "checkpoints", keep=config.keep_checkpoints))
        restored = checkpointer.restore(jax.eval_shape(lambda: init_state(model, config, num_tokens)), identity)
        if restored is None:
            state = init_state(model, config, num_tokens)
        else:
            state = restored.state
            batches.set_state(restored.loader_state)
        first_step = int(state.step)
        listeners: list[Observer] = [
            MetricsFile(run / "metrics.jsonl", resume_at=first_step),
            TensorBoardLog(run / "tensorboard", resume_at=first_step),
            *observers(first_step),
        ]
        for listener in listeners:
            stack.callback(listener.close)
        if restored is not None:
            for reason in restored.rejected:
                _note(listeners, reason)
            if first_step < config.steps:
                _note(listeners, f"resumed at update {first_step} of {config.steps}")
            else:
                _note(listeners, f"all {first_step} updates were made before")

        replicated = replicate(state, devices)
        step = make_replicated_step(model, config, vocabulary, devices)
        evaluation = make_replicated_evaluation(model, config, vocabulary, devices)

        def evaluate() -> RowLosses:
            return _measure(evaluation, replicated.params, held_out, len(devices))

        stopwatch = _Stopwatch(config.batch_size * num_tokens)
        losses, pending = None, None
        for number in range(first_step + 1, config.steps + 1):
            batch = split_batch(next(batches), len(devices), config.micro_batches)
            replicated, metrics = step(replicated, *batch)
            # The update before is reported while the devices make this one.
            if pending is not None:
                _record(listeners, stopwatch.lap(*pending))
            pending, losses = (number, metrics), None
            evaluate_now = number % config.evaluate_every == 0 or number == config.steps
            save_now = number % config.checkpoint_every == 0 or number == config.steps
            if evaluate_now or save_now:
                record = stopwatch.lap(*pending)
                pending = None
                if evaluate_now:
                    losses = evaluate()
                    record = dataclasses.replace(record, held_out_loss=losses.mean)
                _record(listeners, record)
                if save_now:
                    checkpointer.save(unreplicate(replicated), batches.get_state(), identity)
                stopwatch.restart()
        if losses is None:
            losses = evaluate()
        checkpointer.wait()
        return TrainResult(unreplicate(replicated), losses, checkpointer.path(checkpointer.steps[-1]))


class _Stopwatch:
    """Times updates by when their metrics arrive."""

    def __init__(self, tokens_per_step: int):
        self._tokens = tokens_per_step
        self.restart()

    def restart(self) -> None:
        """Leave out what was done since the last update."""
        self._last = time.perf_counter()

    def lap(self, step: int, metrics: StepMetrics) -> StepRecord:
        """Wait for an update's metrics."""
        values = [float(value) for value in unreplicate(metrics)]
        now = time.perf_counter()
        rate, self._last = self._tokens / (now - self._last), now
        loss, grad_norm, learning_rate = values
        if not (math.isfinite(loss) and math.isfinite(grad_norm)):
            raise FloatingPointError(
                f"update {step} has loss {loss} and gradient norm {grad_norm}: training has diverged. Resuming "
                "from the last checkpoint meets the same rows: begin a run with a lower learning rate or with clip_norm"
            )
        return StepRecord(
            step=step, loss=loss, grad_norm=grad_norm, learning_rate=learning_rate, tokens_per_second=rate
        )


def _measure(evaluation: Callable, params: Any, held_out: Iterable[TrainingBatch], num_devices: int) -> RowLosses:
    batches = (split_batch(batch, num_devices, 1) for batch in held_out)
    # Without loss weights, so that runs with different ones can be compared.
    rows = [jax.tree.map(np.asarray, evaluation(params, batch.tokens, batch.rows)) for batch in batches]
    loss = np.concatenate([row.loss.reshape(-1) for row in rows]).astype(np.float64)
    count = np.concatenate([row.num_tokens.reshape(-1) for row in rows]).astype(np.float64)
    return RowLosses(loss, count)


def _record(listeners: Sequence[Observer], record: StepRecord) -> None:
    for listener in listeners:
        listener.record(record)


def _note(listeners: Sequence[Observer], message: str) -> None:
    for listener in listeners:
        listener.note(message)
