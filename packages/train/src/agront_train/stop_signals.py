"""SIGTERM and Ctrl-C as a wish that a run can grant when it suits it."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType


class StopSignals:
    """What has been asked for so far: call it to learn whether to stop."""

    def __init__(self, say: Callable[[str], None]):
        """Nothing has been asked for."""
        self._say = say
        self._said = False
        self.received: signal.Signals | None = None
        """The first signal; None before there was one."""

    def __call__(self) -> bool:
        """Whether to stop; says so the first time."""
        if self.received is not None and not self._said:
            self._said = True
            at_once = "; Ctrl-C once more ends it at once" if self.received == signal.SIGINT else ""
            self._say(f"{self.received.name}: stopping with a checkpoint once this update is made{at_once}")
        return self.received is not None


@contextlib.contextmanager
def stop_signals(say: Callable[[str], None]) -> Iterator[StopSignals]:
    """Catch SIGTERM (preemption, a batch system's time limit) and the first Ctrl-C; a second one ends at once.

    Args:
        say: told, in a sentence, that a signal has come, when the run asks.
    """
    signals = StopSignals(say)

    # It only takes note: it may have come in the middle of a write to the very place where one would say something.
    def receive(number: int, _: FrameType | None) -> None:
        signals.received = signals.received or signal.Signals(number)
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, receive) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
