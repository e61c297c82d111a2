"""The updates of one call of `train`, with the reports, measurements and checkpoints between them."""

import contextlib
import dataclasses
import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float64

from agront_train.config import TrainConfig
from agront_train.devices import (
    is_first,
    local_copy,
    make_gather_state,
    make_replicated_evaluation,
    make_replicated_step,
    split_batch,
    unreplicate,
    wait_for_all,
)
from agront_train.held_out_losses import RowLosses
from agront_train.interfaces import Batch, ResumableIterator, Task
from agront_train.observers import Monitoring, StepRecord, Stopwatch, describe_skipped, divergence, record_of_update
from agront_train.run_folder import CheckpointWriteError, RunIdentity
from agront_train.run_opening import OpenedRun
from agront_train.update import StepMetrics, TrainState

RowScores = dict[str, Float64[np.ndarray, "R _"]]
"""Sums of R held-out rows by name, [R, C] for C classes: see `Task.row_scores`."""


class _Pending(NamedTuple):
    """An update that the devices may still be making."""

    step: int
    metrics: StepMetrics  # replicated
    stop: jax.Array  # [N], how many devices belong to hosts that want to stop


@dataclasses.dataclass(kw_only=True)
class Session:
    """A run in progress."""

    task: Task
    batches: ResumableIterator
    held_out: Iterable[Batch]
    sampled_batches: int | None
    config: TrainConfig
    identity: RunIdentity
    monitoring: Monitoring
    should_stop: Callable[[], bool]
    devices: Sequence[jax.Device]
    opened: OpenedRun
    state: TrainState
    """Replicated. It is donated to each update, so nobody else may hold it."""

    def __post_init__(self) -> None:
        """Prepare the functions that run on the devices."""
        self._replicated_step = make_replicated_step(self.task, self.config, self.devices)
        self._replicated_scores = make_replicated_evaluation(self.task, self.devices)
        self._gather_state = make_gather_state(self.config, self.devices)
        self.step = int(unreplicate(self.state.step))
        self.stopping = False
        self.scores: RowScores | None = None  # of the rows measured after the last update
        self._pending: _Pending | None = None
        self._saved: TrainState | None = None  # by the last checkpoint
        self._stopwatch = Stopwatch()

    @property
    def finished(self) -> bool:
        """True after the last update, and where a host wants to stop."""
        return self.stopping or self.step >= self.config.steps

    def update(self) -> None:
        """Make an update, and report the one before it while the devices work; measure and save if that is due."""
        config = self.config
        with self._stopwatch.waiting():
            batch = split_batch(next(self.batches), len(self.devices), config.micro_batches)
        self.state, metrics, stop = self._replicated_step(self.state, batch, self.should_stop())
        self.step += 1
        if self._pending is not None:
            self.opened.reporter.record(self._settle(self._pending))
        self._pending, self.scores = _Pending(self.step, metrics, stop), None
        measuring = self.step % config.evaluate_every == 0 or self.step == config.steps
        saving = self.step % config.checkpoint_every == 0 or self.step == config.steps
        if measuring or saving or self.stopping:
            self._pause(self._pending, measuring, saving)
            self._pending = None

    def measure(self, num_batches: int | None) -> None:
        """Measure the rows of the first held-out batches, or all, unless a host wants to stop: it has little time then.

        Args:
            num_batches: how many; None measures all.
        """
        parts: list[RowScores] = []
        total = operator.length_hint(self.held_out)
        total = total if num_batches is None else min(num_batches, total)
        for batch in itertools.islice(self.held_out, num_batches):
            self.opened.reporter.measuring(len(parts), total)
            scores, self.stopping = self._replicated_scores(self.state, batch, self.should_stop())
            if self.stopping:
                return
            parts.append(scores)
        self.opened.reporter.measuring(len(parts), total)
        self.scores = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def final_state(self) -> TrainState:
        """The state after the last update, on the host."""
        return self._gather_state(self.state) if self._saved is None else self._saved

    def _settle(self, pending: _Pending) -> StepRecord:
        """Wait for an update, and note what went wrong."""
        metrics, tokens = unreplicate(pending.metrics), self.config.batch_size * self.task.num_tokens
        peak = self.monitoring.peak_tokens_per_second
        record = record_of_update(pending.step, metrics, self._stopwatch, tokens, peak)
        if record.skipped:
            self.opened.reporter.note(describe_skipped(record, self.config))
        if self.opened.checkpointer is not None:
            with self._noting_failures():
                self.opened.checkpointer.check()
        in_a_row = int(metrics.skipped_in_a_row)
        if in_a_row >= self.config.stop_after_skipped:
            self.opened.reporter.record(record)
            raise divergence(record, in_a_row, self.config)
        self.stopping = self.stopping or bool(unreplicate(pending.stop))
        return record

    def _pause(self, pending: _Pending, measuring: bool, saving: bool) -> None:
        """Report the last update with no other on its way; measure and save."""
        record = self._settle(pending)
        if measuring and not self.stopping:
            self.measure(None if self.step == self.config.steps else self.sampled_batches)
        if self.scores is not None:
            record = self._with_held_out(record, self.scores)
            if self.monitoring.measured is not None and is_first():
                # Copies: the next update takes the memory of this state.
                self.monitoring.measured(
                    self.step, self.scores, lambda: jax.tree.map(np.array, local_copy(self.state.params))
                )
        self.opened.reporter.record(record)
        if saving or self.stopping:
            self._save(last=self.finished)
        wait_for_all()  # the first was busy alone
        self._stopwatch.restart()

    def _with_held_out(self, record: StepRecord, scores: RowScores) -> StepRecord:
        losses, guesses = RowLosses.of(scores), self.monitoring.guesses
        groups = self.monitoring.groups[: len(losses.loss)]
        record = dataclasses.replace(
            record,
            held_out_loss=losses.mean,
            held_out_loss_by_group=losses.by_group(groups) if groups else None,
            held_out_rows=int(np.count_nonzero(losses.weight)),
        )
        if guesses is None or not is_first():
            return record
        trained, frozen = local_copy((self.state.params, self.state.frozen))
        return dataclasses.replace(record, guesses=guesses(trained, frozen, next(iter(self.held_out))))

    def _save(self, last: bool) -> None:
        """Write a checkpoint; the last is waited for, and its state kept."""
        checkpointer = self.opened.checkpointer
        if checkpointer is None and not self.config.shard_optimizer:
            return
        whole = self._gather_state(self.state)  # with a sharded optimizer all hosts take part
        if checkpointer is not None:
            with self._noting_failures():
                checkpointer.wait()
            with self._noting_failures(last):
                checkpointer.save(whole, self.batches.get_state(), self.identity)
                if last:
                    checkpointer.wait()
        if last:
            self._saved = whole

    @contextlib.contextmanager
    def _noting_failures(self, last: bool = False) -> Iterator[None]:
        """A checkpoint that cannot be written does not end a run, unless it is the last."""
        try:
            yield
        except CheckpointWriteError as error:
            if last:
                raise CheckpointWriteError(
                    f"{error}; mend that and train again: the run resumes from the last whole checkpoint, if any"
                ) from error
            self.opened.reporter.note(f"{error}; the run goes on")
