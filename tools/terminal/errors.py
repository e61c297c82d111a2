"""Errors as sentences, and the exit status of a tool."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape


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
