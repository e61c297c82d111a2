"""The progress of a training run: a bar in a terminal, plain lines elsewhere."""

import datetime
import time
from typing import NamedTuple

from agront_train import StepRecord
from agront_train.observers import RecentUpdates, TimeLeft
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

PLAIN_LINE_SECONDS = 10.0
_SMOOTHED_UPDATES = 20
# Below it, waiting for data is nothing that anybody should look into.
_DATA_WAIT_SHOWN = 0.01


class _Number(NamedTuple):
    """A number to show: its name above it in a terminal, before it in a line."""

    name: str
    value: str
    style: str = "bold"
    width: int = 0
    """Of the column: enough for what the number will ever be, so that columns stay where they are."""


class RunProgress:
    """An `Observer`: a bar with the time left, and the numbers below it, as many as the terminal is wide.

    While held-out rows are measured, a second bar says how far that is. Loss, gradient norm, speed, utilisation and
    data wait are means of the last 20 updates. Waiting for data is shown once it takes 1 % of the time; skipped updates
    once there are any.
    """

    def __init__(self, console: Console, *, steps: int, resume_at: int = 0):
        """Draw the bar.

        Args:
            console: where to; a console that is no terminal gets a line every ten seconds and at each held-out loss.
            steps: updates of the whole run.
            resume_at: updates made before.
        """
        self._console, self._steps, self._step = console, steps, resume_at
        self._time_left = TimeLeft(steps, resume_at=resume_at, now=time.monotonic())
        self._last_line = time.monotonic()
        self._recent = RecentUpdates(_SMOOTHED_UPDATES)
        self._measured: tuple[int, int] | None = None  # held-out batches, and of how many
        self._held_out: float | None = None
        self._skipped = 0
        self._numbers: list[_Number] = self._current_numbers()
        self._live = Live(console=console, get_renderable=self._draw, refresh_per_second=4)
        if console.is_terminal:
            self._live.start()

    def record(self, record: StepRecord) -> None:
        """Advance by one update."""
        now, self._measured = time.monotonic(), None
        self._time_left.update(record.step, now)
        self._recent.add(record)
        self._step = record.step
        self._skipped += record.skipped
        if record.held_out_loss is not None:
            self._held_out = record.held_out_loss
        self._numbers = self._current_numbers()
        waited = now - self._last_line > PLAIN_LINE_SECONDS
        if not self._console.is_terminal and (waited or record.held_out_loss is not None):
            self._last_line = now
            numbers = "  ".join(f"{number.name} {number.value}" for number in self._numbers)
            line = f"step {self._step:,}/{self._steps:,}  {numbers}  {self._left()}"
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def measuring(self, done: int, total: int) -> None:
        """Show how far a measurement of held-out rows is."""
        now, self._measured = time.monotonic(), (done, total)
        if not self._console.is_terminal and now - self._last_line > PLAIN_LINE_SECONDS:
            self._last_line = now
            line = f"step {self._step + 1:,}/{self._steps:,}  measuring held-out rows: batch {done:,} of {total:,}"
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def note(self, message: str) -> None:
        """Print a sentence above the bar."""
        soft_wrap = not self._console.is_terminal
        # A terminal's lines break at words, but never within one: a path can be copied.
        self._console.print(message, highlight=False, markup=False, soft_wrap=soft_wrap, overflow="ignore", crop=False)

    def close(self) -> None:
        """Stop drawing; the bar stays on the screen."""
        self._live.stop()

    def _current_numbers(self) -> list[_Number]:
        """What is known, the most important first."""
        waiting, utilisation = self._recent.mean("data_wait"), self._recent.mean("utilisation")
        numbers = [
            _Number("loss", _format(self._recent.mean("loss"), ".3f"), width=6),
            _Number("held-out", _format(self._held_out, ".3f"), width=8),
            _Number("tokens/s", _format(self._recent.mean("tokens_per_second"), ",.0f"), width=10),
        ]
        if self._skipped:
            numbers.append(_Number("skipped", f"{self._skipped:,}", "bold red", 7))
        if waiting is not None and waiting >= _DATA_WAIT_SHOWN:
            numbers.append(_Number("data wait", f"{waiting:.0%}", "bold yellow", 9))
        if utilisation is not None:
            numbers.append(_Number("of peak", f"{utilisation:.0%}", width=7))
        rate = None if self._recent.last is None else self._recent.last.learning_rate
        numbers.append(_Number("learning rate", _format(rate, ".2e"), width=13))
        numbers.append(_Number("gradient norm", _format(self._recent.mean("grad_norm"), ".3g"), width=13))
        return numbers

    def _left(self) -> str:
        seconds = self._time_left.seconds(time.monotonic())
        return "starting" if seconds is None else f"{datetime.timedelta(seconds=round(seconds))} left"

    def _draw(self) -> RenderableType:
        bar = Table.grid(padding=(0, 1), expand=True)
        bar.add_column(no_wrap=True)
        bar.add_column(ratio=1)
        bar.add_column(no_wrap=True)
        bar.add_column(no_wrap=True)
        bar.add_row(
            Text("training", "bold"),
            ProgressBar(self._steps, self._step),
            Text(f"{self._step:,}/{self._steps:,}", "green"),
            Text(self._left(), "cyan"),
        )
        if self._measured is not None:
            done, total = self._measured
            counted = Text(f"{done:,}/{total:,}", "green")
            bar.add_row(Text("measuring", "bold"), ProgressBar(total, done), counted, Text("held-out batches", "cyan"))
        numbers = Table.grid(padding=(0, 2, 0, 0))
        shown, room = [], self._console.width
        for number in self._numbers:
            room -= max(number.width, len(number.value)) + 2
            if room >= -2:
                shown.append(number)
                numbers.add_column(justify="right", no_wrap=True, min_width=number.width)
        numbers.add_row(*(Text(number.name, "dim") for number in shown))
        numbers.add_row(*(Text(number.value, number.style) for number in shown))
        return Group(bar, numbers)


def _format(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
