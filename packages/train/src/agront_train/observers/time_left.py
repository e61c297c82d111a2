"""How long a run still takes, from its recent speed."""

import collections
import statistics

_RECENT = 50
# An update that takes so many times the usual was held up: by an evaluation, a checkpoint, a compilation.
_INTERRUPTION = 3.0


class TimeLeft:
    """Counts updates and says how long the rest will take. Times are seconds of any monotonic clock.

    The first update of a process compiles and counts nothing. Updates that were held up do not count as speed; what
    they cost beyond it is spread over all updates to come, but for the first of them, which compiles once more.
    """

    def __init__(self, steps: int, *, resume_at: int, now: float):
        """Begin to count.

        Args:
            steps: updates of the whole run.
            resume_at: updates made before this process.
            now: the time.
        """
        self._steps, self._step, self._last = steps, resume_at, now
        self._recent: collections.deque[float] = collections.deque(maxlen=_RECENT)
        self._compiled = False
        self._held_up = 0.0
        self._counted: int | None = None  # updates since the first that was held up

    def update(self, step: int, now: float) -> None:
        """An update was made."""
        duration, self._last, self._step = now - self._last, now, step
        if not self._compiled:
            self._compiled = True
            return
        usual = statistics.median(self._recent) if self._recent else duration
        held_up = duration > _INTERRUPTION * usual
        if self._counted is not None:
            self._counted += 1
            self._held_up += duration - usual if held_up else 0.0
        elif held_up:
            self._counted = 0
        self._recent.append(duration)

    def seconds(self, now: float) -> float | None:
        """The time left; None before it can be told. Between updates it goes down, by one update's time at most."""
        if self._step >= self._steps:
            return 0.0
        if not self._recent:
            return None
        usual = statistics.median(self._recent)
        pace = statistics.fmean(duration for duration in self._recent if duration <= _INTERRUPTION * usual)
        pace += self._held_up / self._counted if self._counted else 0.0
        return (self._steps - self._step) * pace - min(now - self._last, pace)
