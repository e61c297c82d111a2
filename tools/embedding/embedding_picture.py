"""The picture of a finished output: a point for each embedding of its first layer."""

from collections.abc import Sequence
from pathlib import Path

from agront_data.tables import embedding_names, table_format
from pictures import FEWEST_POINTS, chosen_points, draw_umap


def check_can_be_drawn(out: Path) -> None:
    """Refuse a finished output that is not one of sequences; which command has made it does not matter.

    Raises:
        ValueError: embed.py did not write it, or it has a row for each token.
    """
    strange = f"{out}: was not written by embed.py, or is damaged; give another name with --out"
    try:
        metadata = table_format(out).read_metadata(out)
    except ValueError as error:
        raise ValueError(strange) from error
    if not {"layers", "pool", "settings"} <= set(metadata):
        raise ValueError(strange)
    if metadata["pool"] == "tokens":
        raise ValueError(f"{out}: has a row for each token, and --umap draws a point for each sequence; give another")


def check_picture(num_rows: int, colour_by: str, columns: Sequence[str]) -> None:
    """Refuse a picture that cannot be drawn; for use before there is anything to draw, too.

    Raises:
        ValueError: there are too few rows, or no such column.
    """
    if num_rows < FEWEST_POINTS:
        raise ValueError(f"--umap needs at least {FEWEST_POINTS} sequences, there are {num_rows}; leave it out")
    colours = [name for name in columns if not name.startswith("embedding")]
    if colour_by not in colours:
        raise ValueError(f"--colour-by {colour_by}: there is no such column; give one of {', '.join(sorted(colours))}")


def draw_output(out: Path, colour_by: str, png: Path) -> int:
    """Draw the embeddings of an output's first layer, and return their number.

    Raises:
        ValueError: there are too few, or no such column.
    """
    output = table_format(out)
    num_rows, metadata = output.count_rows(out), output.read_metadata(out)
    check_picture(num_rows, colour_by, output.column_names(out))
    embedding, rows = embedding_names(metadata["layers"])[0], chosen_points(num_rows)
    columns = output.read_columns(out, [embedding, colour_by], rows)
    title = f"{rows.size:,} sequences, layer {metadata['layers'][0]}, pooled by {metadata['pool']}"
    draw_umap(columns[embedding], columns[colour_by], title, colour_by, png)
    return rows.size
