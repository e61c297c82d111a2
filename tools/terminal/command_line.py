"""Command lines that name a preset and change its settings."""

import contextlib
import functools
import io
import traceback
from collections.abc import Mapping
from typing import TypeVar

import tyro

from terminal.shell_command import given_arguments

_T = TypeVar("_T")


def read_command_line(presets: Mapping[str, tuple[str, _T]], description: str | None) -> _T:
    """The preset that the command line names, with its changes.

    Raises:
        ValueError: a package refuses a setting. What else is wrong tyro says, and ends the process.
    """
    read = functools.partial(tyro.extras.overridable_config_cli, args=given_arguments(), description=description)
    with contextlib.redirect_stderr(io.StringIO()):
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


def _is_of_a_package(error: BaseException) -> bool:
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return isinstance(error, ValueError) and frame.f_globals["__name__"].startswith("agront_")
