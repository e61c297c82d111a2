"""The output by the ending of its name, and its picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from embedding import npz_file, parquet_file, zarr_file
from embedding.embedding_table import EmbeddingTable, embedding_names
from embedding.finished_parts import FinishedParts
from embedding.umap_picture import FEWEST_POINTS, chosen_points, draw_umap


class OutputFormat(Protocol):
    """What a module knows of its kind of file: see `parquet_file`."""

    def write(self, path: Path, table: EmbeddingTable, parts: FinishedParts, metadata: Mapping[str, Any]) -> None:
        """Writes all parts."""

    def read_metadata(self, path: Path) -> dict[str, Any]:
        """The metadata that `write` was given."""

    def count_rows(self, path: Path) -> int:
        """Number of rows."""

    def column_names(self, path: Path) -> list[str]:
        """Names of the columns."""

    def read_columns(self, path: Path, names: Sequence[str], rows: np.ndarray) -> dict[str, np.ndarray]:
        """Some rows, in ascending order, of some columns."""


_FORMATS: dict[str, OutputFormat] = {".parquet": parquet_file, ".npz": npz_file, ".zarr": zarr_file}


def check_output_name(out: Path) -> None:
    """Refuses what cannot become an output.

    Raises:
        ValueError: the ending is none of the three, or the folder is missing.
    """
    if out.suffix not in _FORMATS:
        raise ValueError(f"--out is {out}: its ending says what is written; give one of {', '.join(_FORMATS)}")
    check_folder_of("--out", out)


def check_folder_of(option: str, path: Path) -> None:
    """Refuses a file in a folder that is not there."""
    if not path.parent.is_dir():
        raise ValueError(f"{option} is {path}: there is no folder {path.parent}; make it first")


def write_output(out: Path, table: EmbeddingTable, parts: FinishedParts, metadata: Mapping[str, Any]) -> None:
    """Puts the parts together to the output, which has its name only when whole, and removes them.

    Raises:
        ValueError: a part is damaged, or the parts are not what was embedded.
        OSError: it cannot be written, as on a full disk; the parts stay.
    """
    parts.check()
    whole = parts.files.whole_path(out)
    with parts.files.writing(whole):
        _FORMATS[out.suffix].write(whole, table, parts, metadata)
    parts.files.finish(out, whole)


def check_can_be_drawn(out: Path) -> None:
    """Refuses a finished output that is not one of sequences; which command has made it does not matter.

    Raises:
        ValueError: it was not written here, or has a row for each token.
    """
    metadata = _FORMATS[out.suffix].read_metadata(out)
    if not {"layers", "pool", "settings"} <= set(metadata):
        raise ValueError(f"{out}: was not written by embed.py; give another name with --out")
    if metadata["pool"] == "tokens":
        raise ValueError(f"{out}: has a row for each token, and --umap draws a point for each sequence; give another")


def draw_output(out: Path, colour_by: str, png: Path) -> int:
    """Draws the embeddings of an output's first layer, and returns how many.

    Raises:
        ValueError: there are too few, or no such column.
    """
    output = _FORMATS[out.suffix]
    num_rows, metadata = output.count_rows(out), output.read_metadata(out)
    check_picture(num_rows, colour_by, output.column_names(out))
    embedding, rows = embedding_names(metadata["layers"])[0], chosen_points(num_rows)
    columns = output.read_columns(out, [embedding, colour_by], rows)
    title = f"{rows.size:,} sequences, layer {metadata['layers'][0]}, pooled by {metadata['pool']}"
    draw_umap(columns[embedding], columns[colour_by], title, colour_by, png)
    return rows.size


def check_picture(num_rows: int, colour_by: str, columns: Sequence[str]) -> None:
    """Refuses a picture that cannot be drawn; for use before there is anything to draw, too.

    Raises:
        ValueError: too few rows, or no such column.
    """
    if num_rows < FEWEST_POINTS:
        raise ValueError(f"--umap needs at least {FEWEST_POINTS} sequences, there are {num_rows}; leave it out")
    colours = [name for name in columns if not name.startswith("embedding")]
    if colour_by not in colours:
        raise ValueError(f"--colour-by {colour_by}: there is no such column; give one of {', '.join(sorted(colours))}")
