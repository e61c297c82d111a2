"""The console of a tool: text, counts and tables in one style."""

import os
import sys
from typing import Any

from rich.console import Console
from rich.table import Table


def make_console() -> Console:
    """The console of standard output. A file has no edge at which long names would have to be folded."""
    console = Console()
    if not console.is_terminal:
        console.width = 200
    return console


class RunConsole(Console):
    """A console that never ends a run: it becomes quiet if standard output cannot be written.

    That happens after Ctrl-C in `… | tee`, and when standard output is a file on a full disk.
    """

    def print(self, *objects: Any, **options: Any) -> None:
        """As every console does."""
        try:
            super().print(*objects, **options)
        except OSError:
            self.on_broken_pipe()

    def on_broken_pipe(self) -> None:
        """Rich would end the process here."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def say(console: Console, text: str) -> None:
    """Print text as it is, to be copied: no colours, no markup, long lines not broken."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


def counted(number: int, noun: str, plural: str = "s") -> str:
    """A number with its noun: "1 row", "2 rows", "3 micro-batches".

    Args:
        number: the count.
        noun: its singular.
        plural: ending of the plural.
    """
    return f"{number:,} {noun}{plural if number != 1 else ''}"


def new_table(*columns: str) -> Table:
    """A table of a column of names, which fold where there is no room, and columns of numbers, which do not."""
    table = Table(box=None, header_style="bold")
    table.add_column(columns[0], overflow="fold")
    for column in columns[1:]:
        table.add_column(column, justify="right", no_wrap=True)
    return table
