"""The first import of every tool: says what its Python lacks, and lets any terminal show any sign.

Bare and old Pythons read it too: nothing newer than Python 3.6, and nothing beyond the standard library.
"""

import os
import sys

_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def say_what_is_missing(kind: "type[BaseException]", error: BaseException, trace: object) -> None:
    """Write a sentence in place of a traceback, where a package is missing or cannot be loaded; none after Ctrl-C."""
    if issubclass(kind, ImportError):
        own = os.path.join(_ROOT, ".venv")
        first = f"remove {own}, then give" if sys.prefix == own else "give"
        sys.stderr.write(
            f"error {error}: this Python ({sys.executable}, {sys.version.split()[0]}) lacks a package, or cannot load "
            f"it; {first} `make install` in {_ROOT}, then `{own}/bin/python {sys.argv[0]} …`\n"
        )
    elif not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)  # type: ignore[arg-type]


sys.excepthook = say_what_is_missing
for _stream in (sys.stdout, sys.stderr):
    if hasattr(_stream, "reconfigure"):
        _stream.reconfigure(errors="replace")
