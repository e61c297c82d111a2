"""Command lines: options, or a preset and what it shall change."""

import contextlib
import functools
import io
import os
import traceback
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import tyro

from terminal.errors import errors_as_sentences
from terminal.shell_command import given_arguments

_T = TypeVar("_T")


def read_options(kind: type[_T], first: int = 0, **words: Any) -> _T:
    """The options of the command line from word `first` on. What is wrong with them tyro says, and ends the process."""
    with errors_as_sentences(""), _help_that_nobody_reads():
        return tyro.cli(kind, args=given_arguments()[first:], config=(tyro.conf.OmitArgPrefixes,), **words)


def read_command_line(presets: Mapping[str, tuple[str, _T]], description: str | None) -> _T:
    """The preset that the command line names, with its changes.

    Raises:
        ValueError: a package refuses a setting. What else is wrong tyro says, and ends the process.
    """
    read = functools.partial(tyro.extras.overridable_config_cli, args=given_arguments(), description=description)
    with contextlib.redirect_stderr(io.StringIO()), _help_that_nobody_reads():
        try:
            return read(presets)
        except SystemExit as end:
            if not end.code:
                raise
            reason: BaseException | None = end
            while reason is not None and not _is_of_a_package(reason):
                reason = reason.__context__
    if reason is not None:
        raise reason
    return read(presets)  # says what is wrong


@contextlib.contextmanager
def _help_that_nobody_reads() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # `--help | head`
        os._exit(1)


def _is_of_a_package(error: BaseException) -> bool:
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return isinstance(error, ValueError) and frame.f_globals["__name__"].startswith("agront_")
