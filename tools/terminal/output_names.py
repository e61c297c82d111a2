"""Names of pictures to draw, checked before hours of work."""

from collections.abc import Sequence
from pathlib import Path

from agront_data.files import check_can_write


def check_picture_name(option: str, path: Path, endings: Sequence[str] = (".png",)) -> None:
    """Refuse what cannot become a picture; raises as `check_can_write`, and for another ending."""
    check_can_write(option, path)
    is_folder = "it is a folder; " if path.is_dir() else ""
    if is_folder or path.suffix.lower() not in endings:
        raise ValueError(f"{option} is {path}: {is_folder}name a file that ends in {' or '.join(endings)}")
