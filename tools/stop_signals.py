"""SIGTERM and Ctrl-C as a wish that a run can grant when it suits it."""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType


class StopSignals:
    """What has been asked for so far: call it to learn whether to stop."""

    def __init__(self) -> None:
        """Nothing has been asked for."""
        self.received: signal.Signals | None = None
        """The first signal; None before there was one."""

    def __call__(self) -> bool:
        """Whether to stop."""
        return self.received is not None


@contextlib.contextmanager
def stop_signals(say: Callable[[str], None]) -> Iterator[StopSignals]:
    """Catch SIGTERM (preemption, a batch system's time limit) and the first Ctrl-C; a second one ends at once.

    Args:
        say: told, in a sentence, that a signal has come.
    """
    signals = StopSignals()

    def receive(number: int, _: FrameType | None) -> None:
        signals.received = signals.received or signal.Signals(number)
        if number == signal.SIGINT:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        name = signal.Signals(number).name
        at_once = "; Ctrl-C once more ends it at once" if number == signal.SIGINT else ""
        with contextlib.suppress(OSError):  # on a full disk there may be nowhere to say it
            say(f"{name}: stopping with a checkpoint once the updates on their way are made{at_once}")

    before = {number: signal.signal(number, receive) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
