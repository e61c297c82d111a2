"""Names of files to write, checked before hours of work."""

import os
from pathlib import Path


def check_folder_of(option: str, path: Path) -> None:
    """Refuse a file in a folder that is not there.

    Args:
        option: names the file on the command line, such as --out.
        path: the file.

    Raises:
        ValueError: there is no such folder.
    """
    if not path.parent.is_dir():
        raise ValueError(f"{option} is {path}: there is no folder {path.parent}; make it first")


def check_new_file(option: str, path: Path) -> None:
    """Refuse a file that is there already; raises as `check_folder_of`, too."""
    if os.path.lexists(path):
        raise ValueError(f"{option} {path} is there already: name another file, or remove it first")
    check_folder_of(option, path)


def check_picture_name(option: str, path: Path) -> None:
    """Refuse what cannot become a PNG file; raises as `check_folder_of`, and for another ending."""
    check_folder_of(option, path)
    if path.suffix.lower() != ".png" or path.is_dir():
        raise ValueError(f"{option} is {path}: name a file that ends in .png")
