"""How a process ends after Ctrl-C, and when it is one of several."""

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator

import jax


@contextlib.contextmanager
def ending_at_once() -> Iterator[None]:
    """End this process at once after Ctrl-C, and as soon as something is wrong, where it is one of several.

    JAX would wait at the exit for the others, who wait for this one, or are dead; or crash in a thread of its own.
    """
    try:
        yield
    except BaseException as error:
        code = error.code if isinstance(error, SystemExit) else 1
        if not code or not (code == 130 or jax.distributed.is_initialized()):
            raise
        if not isinstance(error, SystemExit):
            traceback.print_exc()
        if isinstance(error, jax.errors.JaxRuntimeError) and "RESOURCE_EXHAUSTED" not in str(error):
            print(
                f"process {jax.process_index()} ends, as a rule because another one has ended or cannot be reached; "
                "the same commands again resume from the last checkpoint",
                file=sys.stderr,
            )
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError):
                stream.flush()
        os._exit(code if isinstance(code, int) else 1)
