"""A trace of a few updates, to see where the time goes."""

from pathlib import Path

import jax

from agront_train.observers.step_record import StepRecord


class ProfilerTrace:
    """An `Observer` that traces some updates with `jax.profiler`, for TensorBoard's profile tab or Perfetto."""

    def __init__(self, folder: Path, *, first: int, updates: int):
        """Choose the updates; nothing is traced yet.

        Args:
            folder: where the trace is written.
            first: the trace begins once this update is reported. Leave the first ones of a process out: they compile.
            updates: how many more are traced.

        Raises:
            ValueError: a number is less than 1.
        """
        if first < 1 or updates < 1:
            raise ValueError(f"{updates} updates to trace, from update {first} on (`profile`): both must be at least 1")
        self._folder, self._first, self._last = folder, first, first + updates
        self._running = False

    def record(self, record: StepRecord) -> None:
        """Begin or end the trace, if it is time.

        Raises:
            OSError: the profiler cannot begin, or cannot write its trace.
        """
        if record.step == self._first:
            self._profile(begin=True)
        elif self._running and record.step >= self._last:
            self._profile(begin=False)

    def note(self, message: str) -> None:
        """Ignore notes: a trace has no place for them."""

    def close(self) -> None:
        """End a trace that runs.

        Raises:
            OSError: the profiler cannot write its trace.
        """
        if self._running:
            self._profile(begin=False)

    def _profile(self, *, begin: bool) -> None:
        self._running = begin
        try:
            if begin:
                jax.profiler.start_trace(str(self._folder))
            else:
                jax.profiler.stop_trace()
        except RuntimeError as error:
            self._running = False
            raise OSError(f"the profiler trace in {self._folder} failed: {error}") from error
