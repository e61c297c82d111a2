"""Figures to files: PNG, SVG or PDF, as the name's ending says."""

import io
from pathlib import Path

import matplotlib as mpl
from agront_data.files import write_whole
from matplotlib.figure import Figure

DRAWN_ENDINGS = (".png", ".svg", ".pdf")


def save_picture(figure: Figure, path: Path, option: str = "", *, dpi: int = 150) -> None:
    """Write a picture whole or not at all; an `OSError`, as on a full disk, names it and the option that gave it."""
    picture = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "none", "pdf.fonttype": 42}):  # words stay words
        figure.savefig(picture, format=path.suffix[1:].lower(), dpi=dpi)
    try:
        write_whole(path, picture.getvalue())
    except OSError as error:
        remedy = f"make room, or name another file{option and f' with {option}'}"
        raise OSError(f"the picture {path} cannot be written ({error.strerror}); {remedy}") from error
