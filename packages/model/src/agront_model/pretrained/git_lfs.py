"""Git LFS pointers: what a clone without Git LFS holds in the place of each large file (https://git-lfs.com)."""

from pathlib import Path

_FIRST_WORDS = b"version https://git-lfs"


def check_fetched(path: Path) -> None:
    """Refuses a pointer, a text of three lines, where the file itself is needed.

    Raises:
        ValueError: the file is a pointer.
    """
    with path.open("rb") as file:
        if file.read(len(_FIRST_WORDS)) == _FIRST_WORDS:
            raise ValueError(
                f"{path}: a Git LFS pointer, not the file itself; fetch it: install git-lfs, and give `git lfs pull` "
                f"in {path.parent}"
            )
