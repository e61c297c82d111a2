"""The console of a tool: text, counts and tables in one style."""

import os
import sys
from typing import Any, TextIO, cast

from rich.console import Console
from rich.table import Table


def make_console(*, shows_result: bool = False, quiet: bool = False) -> Console:
    """The console of standard output. A file has no edge at which long names would have to be folded.

    Where nothing can be shown (Ctrl-C in `… | tee`, a full disk) a job goes on in silence, and a tool that
    `shows_result`, which no file has, fails.
    """
    stream = cast(TextIO, _Shown(sys.stdout, shows_result)) if sys.stdout else None
    console = Console(file=stream, quiet=quiet, emoji=False)
    if not console.is_terminal:
        console.width = 200
    return console


class _Shown:
    """A stream that shows nothing more once it cannot be written."""

    def __init__(self, stream: TextIO, fails: bool):
        self._stream, self._fails = stream, fails

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> None:
        """Write, and see to it that nothing waits in a buffer."""
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())  # else Python tries again at its end
            if self._fails and not isinstance(error, BrokenPipeError):
                raise OSError(f"standard output cannot be written: {error.strerror}; make room") from error
            if self._fails:
                raise


def say(console: Console, text: str) -> None:
    """Print text as it is, to be copied: no colours, no markup, long lines not broken."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def counted(number: int, noun: str, plural: str = "s") -> str:
    """A number with its noun: "1 row", "2 rows", "3 micro-batches"."""
    return f"{number:,} {noun}{plural if number != 1 else ''}"


def new_table(*columns: str) -> Table:
    """A table of a column of names, which fold where there is no room, and columns of numbers, which do not."""
    table = Table(box=None, header_style="bold")
    table.add_column(columns[0], overflow="fold")
    for column in columns[1:]:
        table.add_column(column, justify="right", no_wrap=True)
    return table
