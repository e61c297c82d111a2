"""Telling all observers of a run about its updates."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, Protocol, runtime_checkable

from agront_train.observers.guess import Guess
from agront_train.observers.step_record import StepRecord


@runtime_checkable
class Observer(Protocol):
    """A listener to every update, such as a file or a progress bar."""

    def record(self, record: StepRecord) -> None:
        """Called once an update, in order."""

    def note(self, message: str) -> None:
        """Called with a sentence for a person: a checkpoint rejected, a run resumed."""

    def close(self) -> None:
        """Called at the end, also when training fails."""


@runtime_checkable
class MeasurementObserver(Protocol):
    """An `Observer` that also wants to hear how far a measurement of held-out rows is."""

    def measuring(self, done: int, total: int) -> None:
        """Called before the first held-out batch, and after each.

        Args:
            done: batches measured.
            total: all batches of this measurement; 0 where their number is not known.
        """


class Monitoring(NamedTuple):
    """Settings of what a run reports beyond its losses, and of its observers."""

    observers: Callable[[int], Sequence[Observer]] = lambda resume_at: ()
    """Called, in the first process, with the updates resumed from; what it returns hears of every update."""
    groups: Sequence[str] = ()
    """The group, such as the species, of each held-out row that is not filling: its loss is given by group too."""
    guesses: Callable[[Any, Any, Any], tuple[Guess, ...]] | None = None
    """A function of (trained, frozen, first held-out batch), called in the first process after each measurement: some
    of the model's guesses, to show. None shows none."""
    measured: Callable[[int, Mapping[str, Any], Callable[[], Any]], None] | None = None
    """A function of (step, scores of the held-out rows, a function that gives the trained parameters on the host),
    called in the first process after each measurement: to keep the best ones, or to ask for an early end."""
    peak_tokens_per_second: float | None = None
    """The rate at which the devices would do nothing but the model's arithmetic; None where it is unknown."""


LOSSES_ONLY = Monitoring()
"""Nothing beyond the files of the run folder."""


class Reporter:
    """All observers of a run; a context manager that closes them.

    An observer that cannot write does not end the run: a note names it, once until it can write again.
    """

    def __init__(self, observers: Sequence[Observer]):
        """Begin with these observers."""
        self._observers = list(observers)
        self._failing: set[Observer] = set()

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Close all. Data that still cannot be written raises `OSError`, unless another error ends the run already."""
        try:
            with contextlib.ExitStack() as stack:  # which closes them all, whatever one of them raises
                for observer in reversed(self._observers):
                    stack.callback(observer.close)
        except OSError:
            if kind is None:
                raise

    def add(self, observers: Sequence[Observer]) -> None:
        """Add observers, from now on."""
        self._observers += observers

    def record(self, record: StepRecord) -> None:
        """Send an update to every observer."""
        for observer in self._observers:
            try:
                observer.record(record)
            except OSError as error:
                if observer not in self._failing:
                    self._failing.add(observer)
                    self.note(f"{error}; the run goes on")
            else:
                if observer in self._failing:
                    self._failing.remove(observer)
                    self.note(f"{type(observer).__name__} writes again")

    def measuring(self, done: int, total: int) -> None:
        """Tell the observers that want to hear it how far a measurement is."""
        for observer in self._observers:
            if isinstance(observer, MeasurementObserver):
                with contextlib.suppress(OSError):
                    observer.measuring(done, total)

    def note(self, message: str) -> None:
        """Send a note to every observer; failures to write it are ignored."""
        for observer in self._observers:
            with contextlib.suppress(OSError):
                observer.note(message)
