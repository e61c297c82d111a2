"""What a run is asked to say of itself, and telling it to all who listen."""

import contextlib
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import NamedTuple

from agront_train.observers.metrics import Observer, StepRecord


class Monitoring(NamedTuple):
    """What a run is to say of itself beyond its losses, and to whom."""

    observers: Callable[[int], Sequence[Observer]] = lambda resume_at: ()
    """Called, in the first process, with the updates resumed from; what it returns hears of every update."""
    groups: Sequence[str] = ()
    """The group, such as the species, of each held-out row that is not filling: its loss is given by group too."""
    token_names: Sequence[str] = ()
    """The token of each id, to show some guesses at masked positions; empty shows none."""
    peak_tokens_per_second: float | None = None
    """The rate at which the devices would do nothing but the model's arithmetic; None where it is unknown."""


LOSSES_ONLY = Monitoring()
"""No more than what stands in the run folder anyway."""


class Reporter:
    """All observers of a run; a context manager that closes them.

    One that cannot write is named in a note, once until it can again, and the run goes on.
    """

    def __init__(self, observers: Sequence[Observer]):
        """Nothing is told yet."""
        self._observers = list(observers)
        self._failing: set[Observer] = set()

    def __enter__(self) -> "Reporter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Close all. What could still not be written is an `OSError`, unless another error ends the run already."""
        try:
            with contextlib.ExitStack() as stack:  # which closes them all, whatever one of them raises
                for observer in reversed(self._observers):
                    stack.callback(observer.close)
        except OSError:
            if kind is None:
                raise

    def add(self, observers: Sequence[Observer]) -> None:
        """Tell these too, from now on."""
        self._observers += observers

    def record(self, record: StepRecord) -> None:
        """Tell of an update."""
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

    def note(self, message: str) -> None:
        """Tell a sentence; who cannot take it cannot be told so either."""
        for observer in self._observers:
            with contextlib.suppress(OSError):
                observer.note(message)
