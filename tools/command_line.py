"""How a tool speaks: what it prints, and how it ends where something is wrong."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape


def make_console() -> Console:
    """The console of standard output. A file has no edge at which long names would have to be folded."""
    console = Console()
    if not console.is_terminal:
        console.width = 200
    return console


class RunConsole(Console):
    """The console of a run, which is worth more than its words: it goes on in silence when they cannot be written.

    So it is after Ctrl-C in `… | tee`, and where standard output is a file on a full disk.
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


@contextmanager
def errors_as_sentences(stopped: str) -> Iterator[None]:
    """End the process with a sentence in place of a traceback: with status 1 for bad input, 130 for Ctrl-C.

    Args:
        stopped: what to say after Ctrl-C, such as what the same command does again.
    """
    try:
        yield
    except (ValueError, OSError, FloatingPointError) as error:
        Console(stderr=True).print(f"[bold red]error[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        Console(stderr=True).print(f"\nstopped{stopped and '; '}{stopped}")
        sys.exit(130)
