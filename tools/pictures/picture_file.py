"""Figures to PNG files."""

import io
from pathlib import Path

from agront_data.files import write_whole
from matplotlib.figure import Figure


def save_picture(figure: Figure, png: Path, option: str = "", *, dpi: int = 150) -> None:
    """Write a picture whole or not at all; an `OSError`, as on a full disk, names it and the option that gave it."""
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=dpi)
    try:
        write_whole(png, picture.getvalue())
    except OSError as error:
        remedy = f"make room, or name another file{option and f' with {option}'}"
        raise OSError(f"the picture {png} cannot be written ({error.strerror}); {remedy}") from error
