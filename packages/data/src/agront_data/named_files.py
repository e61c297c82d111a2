"""`[NAME=]FILE`, as command lines name a file and what it holds."""

import os


def split_name(argument: str) -> tuple[str | None, str]:
    """Divides `NAME=FILE`; a file's own name, or its folder's, may have a `=` as well.

    Args:
        argument: `NAME=FILE`, or `FILE` alone.

    Returns:
        NAME, None where there is none, and FILE.

    Raises:
        ValueError: NAME is empty, or both `NAME=FILE` and FILE are files, so that either may be meant.
    """
    name, equals, path = argument.partition("=")
    if not equals or os.sep in name:
        return None, argument
    if os.path.exists(argument):
        if name and os.path.exists(path):
            raise ValueError(
                f"{argument}: is a file, and so is {path}; write ./{argument} for the one, "
                f"{name}=./{path} for the other"
            )
        return None, argument
    if not name:
        raise ValueError(f"{argument}: there is no NAME before the =; give NAME=FILE, or the file alone")
    return name, path
