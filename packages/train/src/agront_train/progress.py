"""A progress bar for people; plain lines where there is no terminal."""

import datetime
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from agront_train.metrics import StepRecord

PLAIN_LINE_SECONDS = 10.0


class ProgressBar:
    """An `Observer`: step, loss, held-out loss, tokens/s and time left on one line."""

    def __init__(self, console: Console, *, steps: int, resume_at: int = 0):
        """Draw the bar.

        Args:
            console: where to; a console that is no terminal gets a line every ten seconds and at each held-out loss.
            steps: updates of the whole run.
            resume_at: updates made before.
        """
        self._console = console
        self._steps = steps
        self._resume_at = resume_at
        self._start = self._last_line = time.monotonic()
        self._held_out = "–"
        self._rate: float | None = None
        self._progress = Progress(
            TextColumn("[bold]training"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]}"),
            TextColumn("held-out {task.fields[held_out]}"),
            TextColumn("{task.fields[rate]} tokens/s"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(
            "training", total=steps, completed=resume_at, loss="–", held_out="–", rate="–"
        )
        self._progress.start()

    def record(self, record: StepRecord) -> None:
        """Move on by one update."""
        # The first update holds the compilation: its rate would mislead for a hundred updates.
        if self._rate is None:
            self._rate = 0.0
        elif self._rate == 0.0:
            self._rate = record.tokens_per_second
        else:
            self._rate += 0.1 * (record.tokens_per_second - self._rate)
        rate = f"{self._rate:,.0f}" if self._rate else "–"
        if record.held_out_loss is not None:
            self._held_out = f"{record.held_out_loss:.3f}"
        self._progress.update(
            self._task, completed=record.step, loss=f"{record.loss:.3f}", held_out=self._held_out, rate=rate
        )
        now = time.monotonic()
        if not self._console.is_terminal and (
            record.held_out_loss is not None or now - self._last_line > PLAIN_LINE_SECONDS
        ):
            self._last_line = now
            self._console.print(
                f"step {record.step}/{self._steps}  loss {record.loss:.3f}  held-out {self._held_out}  "
                f"{rate} tokens/s  {self._time_left(record.step)} left"
            )

    def _time_left(self, step: int) -> str:
        seconds = (time.monotonic() - self._start) / max(1, step - self._resume_at) * (self._steps - step)
        return str(datetime.timedelta(seconds=round(seconds)))

    def note(self, message: str) -> None:
        """Print a sentence above the bar."""
        self._console.print(message, highlight=False, markup=False, soft_wrap=True)

    def close(self) -> None:
        """Leave the bar as it stands."""
        self._progress.stop()
