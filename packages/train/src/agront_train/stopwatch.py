"""How fast updates are made, and how long they waited for their rows."""

import contextlib
import time
from collections.abc import Iterator


class Stopwatch:
    """Times updates by when their metrics arrive, since the devices work while the host goes on."""

    def __init__(self) -> None:
        """Begin."""
        self.restart()

    def restart(self) -> None:
        """Leave out what was done since the last update."""
        self._last, self._waited = time.perf_counter(), 0.0

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """What happens inside is waiting for rows."""
        start = time.perf_counter()
        yield
        self._waited += time.perf_counter() - start

    def lap(self) -> tuple[float, float]:
        """Seconds since the last lap, and which share of them, 0 to 1, was spent waiting."""
        now = time.perf_counter()
        seconds, waited = now - self._last, self._waited
        self._last, self._waited = now, 0.0
        return seconds, min(1.0, waited / seconds)
