"""Errors and warnings as sentences, and the exit status of a tool."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from agront_data import warnings_to
from agront_data.file_errors import file_error_in_words
from rich.console import Console
from rich.markup import escape


@contextmanager
def errors_as_sentences(stopped: str, in_words: Callable[[str], str] = str) -> Iterator[None]:
    """Say warnings, and an error that ends the process: with status 1 for bad input, 130 for Ctrl-C.

    Args:
        stopped: what to say after Ctrl-C, such as what the same command does again.
        in_words: gives an error's message the words of the command line.
    """
    try:
        with warnings_to(lambda message: _say("[bold yellow]note[/]", message)):
            yield
    except (ValueError, OSError, FloatingPointError) as error:
        _say("[bold red]error[/]", in_words(file_error_in_words(error)))
        sys.exit(1)
    except KeyboardInterrupt:
        Console(stderr=True, emoji=False).print(f"\nstopped{stopped and '; '}{stopped}")
        sys.exit(130)


def in_options_of(options: Any) -> Callable[[str], str]:
    """The words of a command line: a function from a message that names fields to one that names options."""

    def in_words(message: str) -> str:
        from agront_train import option_names, with_options  # slow to import, and seldom needed

        return with_options(message, option_names(options))

    return in_words


def _say(kind: str, message: str) -> None:
    with suppress(OSError, ValueError):  # closed, or of a narrower encoding
        Console(stderr=True, emoji=False).print(f"{kind} {escape(message)}", highlight=False, soft_wrap=True)
