"""Progress of a table of sequences or variants: a bar in a terminal, elsewhere a line now and then."""

import datetime
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

PLAIN_LINE_SECONDS = 10.0


class RowsBar:
    """Shows rows done, rows or tokens a second, and the time left, which goes by tokens."""

    def __init__(self, console: Console, doing: str, rows: str, *, num_rows: int, num_tokens: int, speed: str = ""):
        """Begin at none.

        Args:
            console: where to; a console that is no terminal gets a line every ten seconds.
            doing: what is done, such as "embedding".
            rows: what the rows are, such as "sequences".
            num_rows: of all inputs.
            num_tokens: theirs.
            speed: what is counted a second, "tokens" or the same as `rows`, which it is if not given.
        """
        columns = (
            TextColumn(f"[bold]{doing}"),
            BarColumn(bar_width=None),
            TextColumn("[green]{task.fields[rows]}"),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(compact=True),
        )
        self._console, self._rows, self._num_rows, self._num_tokens = console, rows, num_rows, num_tokens
        self._counted = speed or rows
        self._progress = Progress(
            *columns, console=console, disable=not console.is_terminal, transient=True, expand=True
        )
        self._done = self._tokens = self._computed_rows = self._computed_tokens = 0.0
        self._task = self._progress.add_task("", total=num_tokens, rows=self._count(), speed=f"– {self._counted}/s")
        self._begun = self._last_line = time.monotonic()

    def __enter__(self) -> "RowsBar":
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def found(self, num_rows: int, num_tokens: int) -> None:
        """Count rows that an earlier call has computed; they say nothing of the speed."""
        self._done += num_rows
        self._tokens += num_tokens
        self._begun = self._last_line = time.monotonic()
        self._progress.reset(
            self._task, completed=round(self._tokens), rows=self._count(), speed=f"– {self._counted}/s"
        )

    def computed(self, num_rows: float, num_tokens: float) -> None:
        """Count rows as they are computed; of some that are computed together, a share."""
        self._done += num_rows
        self._tokens += num_tokens
        self._computed_rows += num_rows
        self._computed_tokens += num_tokens
        now = time.monotonic()
        seconds = max(now - self._begun, 1e-9)
        a_second = (self._computed_tokens if self._counted == "tokens" else self._computed_rows) / seconds
        speed = f"{a_second:,.{0 if a_second >= 10 else 1}f} {self._counted}/s"
        self._progress.update(self._task, completed=self._tokens, rows=self._count(), speed=speed)
        if not self._console.is_terminal and now - self._last_line > PLAIN_LINE_SECONDS:
            self._last_line = now
            left = (self._num_tokens - self._tokens) * seconds / max(self._computed_tokens, 1)
            left_text = datetime.timedelta(seconds=round(left))
            self._console.print(f"{self._count()}  {speed}  {left_text} left", highlight=False, soft_wrap=True)

    def _count(self) -> str:
        return f"{round(self._done):,}/{self._num_rows:,} {self._rows}"
