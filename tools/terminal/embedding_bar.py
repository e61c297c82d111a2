"""Progress of embedding: a bar in a terminal, elsewhere a line now and then."""

import datetime
import time

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

PLAIN_LINE_SECONDS = 10.0


class EmbeddingBar:
    """Shows sequences done, tokens a second and the time left, which goes by tokens."""

    def __init__(self, console: Console, *, num_sequences: int, num_tokens: int):
        """Begin at none.

        Args:
            console: where to; a console that is no terminal gets a line every ten seconds.
            num_sequences: of all inputs.
            num_tokens: theirs.
        """
        columns = (
            TextColumn("[bold]embedding"),
            BarColumn(bar_width=None),
            TextColumn("[green]{task.fields[sequences]} sequences"),
            TextColumn("{task.fields[speed_text]} tokens/s"),
            TimeRemainingColumn(compact=True),
        )
        self._console, self._num_sequences, self._num_tokens = console, num_sequences, num_tokens
        self._progress = Progress(
            *columns, console=console, disable=not console.is_terminal, transient=True, expand=True
        )
        self._task = self._progress.add_task("", total=num_tokens, sequences="0", speed_text="–")
        self._sequences = 0
        self._tokens = self._computed = 0.0
        self._begun = self._last_line = time.monotonic()

    def __enter__(self) -> "EmbeddingBar":
        self._progress.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def found(self, num_sequences: int, num_tokens: int) -> None:
        """Count sequences that an earlier call has embedded; they say nothing of the speed."""
        self._sequences += num_sequences
        self._tokens += num_tokens
        self._begun = self._last_line = time.monotonic()
        self._progress.reset(self._task, completed=round(self._tokens), sequences=self._count(), speed_text="–")

    def embedded(self, num_sequences: int, num_tokens: float) -> None:
        """Count sequences as they are embedded."""
        self._sequences += num_sequences
        self._tokens += num_tokens
        self._computed += num_tokens
        now = time.monotonic()
        speed = f"{self._computed / max(now - self._begun, 1e-9):,.0f}"
        self._progress.update(self._task, completed=self._tokens, sequences=self._count(), speed_text=speed)
        if not self._console.is_terminal and now - self._last_line > PLAIN_LINE_SECONDS:
            self._last_line = now
            left = (self._num_tokens - self._tokens) * (now - self._begun) / max(self._computed, 1)
            left_text = datetime.timedelta(seconds=round(left))
            line = f"{self._count()} sequences  {speed} tokens/s  {left_text} left"
            self._console.print(line, highlight=False, soft_wrap=True)

    def _count(self) -> str:
        return f"{self._sequences:,}/{self._num_sequences:,}"
