"""Names of pictures to draw, checked before hours of work."""

from pathlib import Path

from agront_data.files import check_can_write


def check_picture_name(option: str, path: Path) -> None:
    """Refuse what cannot become a PNG file; raises as `check_can_write`, and for another ending."""
    check_can_write(option, path)
    if path.suffix.lower() != ".png" or path.is_dir():
        raise ValueError(f"{option} is {path}: name a file that ends in .png")
