"""Tracebacks that Orbax and tensorstore print of a checkpoint that fails, which `Checkpointer` says in a sentence."""

import contextlib
import functools
import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

# Modules of Orbax that log the error of a write, traceback and all, and raise it as well. Others only log theirs.
_ALSO_RAISED = ("future", "async_checkpointer", "checkpoint_manager", "checkpoint")


@contextlib.contextmanager
def without_logged_tracebacks() -> Iterator[None]:
    """Leave out what Orbax logs of errors that it raises."""
    logger = logging.getLogger("absl")
    logger.addFilter(_is_only_logged)
    try:
        yield
    finally:
        logger.removeFilter(_is_only_logged)


def without_late_writes() -> None:
    """Leave out, from now on, the tracebacks of tensorstore for writes that end when nobody waits for them any more.

    Of a checkpoint's arrays the first that cannot be written ends the wait, and Orbax closes its event loop. Others are
    then still being written, perhaps after the checkpoints are closed; hence nothing takes this back.
    """
    usual = sys.unraisablehook
    if getattr(usual, "func", None) is not _unless_late_write:
        sys.unraisablehook = functools.partial(_unless_late_write, usual)


def _is_only_logged(record: logging.LogRecord) -> bool:
    of_orbax = "orbax" in record.pathname and record.module in _ALSO_RAISED
    return not (of_orbax and record.exc_info and record.levelno >= logging.ERROR)


def _unless_late_write(usual: Callable[[Any], Any], unraisable: Any) -> None:
    *_, last = [frame.f_code.co_name for frame, _ in traceback.walk_tb(unraisable.exc_traceback)] or [""]
    of_closed_loop = unraisable.exc_type is RuntimeError and last == "_check_closed"
    if not (of_closed_loop and unraisable.object is None):  # what Python code leaves behind has an object
        usual(unraisable)
