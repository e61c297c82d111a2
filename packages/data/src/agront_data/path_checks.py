"""Checks of paths before a long job: what cannot be read twice, and names that libraries cannot open."""

import os
import stat
from pathlib import Path

_KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def check_rereadable(path: str | os.PathLike[str]) -> None:
    """Refuses an input that gives its contents only once, where a job reads it more often.

    Args:
        path: The input. What is not there passes, and so does `/dev/null`, which is empty each time.

    Raises:
        ValueError: It is a pipe (such as `/dev/stdin` or the shell's `<(…)`), a socket or a device.
    """
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return  # whoever opens it says why
    kind = _KINDS.get(stat.S_IFMT(mode))
    if kind is not None and not os.path.samefile(path, os.devnull):
        raise ValueError(
            f"{os.fspath(path)}: is {kind}, and this job reads its input more than once; write it to a file first, and "
            "name that file"
        )


def check_name_is_text(path: str | os.PathLike[str]) -> None:
    r"""Refuses a path that is not UTF-8, which tensorstore and Arrow cannot open.

    Args:
        path: The path.

    Raises:
        ValueError: It has bytes that are not UTF-8; the message shows them as `\xfc`.
    """
    if shown(path) != os.fspath(path):
        raise ValueError(
            f"{shown(path)}: this path is not text in UTF-8, as it must be here; rename the file or folder, or name "
            "another"
        )


def shown(path: str | os.PathLike[str]) -> str:
    r"""Returns a path as text, with `\xfc` and the like for bytes that are not UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
