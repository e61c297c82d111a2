"""A track written: piece after piece into the arrays of its contigs."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorstore as ts
from jaxtyping import Float

from agront_data.tracks import layout
from agront_data.tracks.piece import Piece


def write_track(
    path: Path,
    lengths: Mapping[str, int],
    values: Iterable[tuple[Piece, Float[np.ndarray, "_L 4"]]],
    attributes: Mapping[str, Any],
) -> None:
    """Writes a track, which can be read once this has returned.

    Args:
        path: A folder; nothing may be there.
        lengths: Bases of each contig, by name.
        values: Log-probabilities of A, C, G, T of every base, in pieces as `cut_blocks` has them.
        attributes: Where they come from; JSON-able.

    Raises:
        OSError: It cannot be written, as on a full disk.
        ValueError: The name of a contig is too long.
    """
    names = {contig: layout.array_name(contig) for contig in lengths}
    path.mkdir()
    contig = ""
    array: Any = None
    try:
        for piece, logs in values:
            if piece.contig != contig:
                contig, array = piece.contig, _create(path / names[piece.contig], lengths[piece.contig])
            array[piece.start : piece.end].write(logs.astype(np.float16)).result()
    except ValueError as error:  # tensorstore's, of the file system
        raise OSError(f"{path} cannot be written: {error}") from error
    contigs = [{"name": name, "length": length, "array": names[name]} for name, length in lengths.items()]
    described = {"format": layout.FORMAT, "format_version": layout.FORMAT_VERSION, "letters": layout.LETTERS}
    (path / "zarr.json").write_bytes(layout.group_json({**described, "contigs": contigs, **attributes}))


def _create(path: Path, length: int) -> Any:
    store = {"driver": "file", "path": f"{path}/"}
    spec = {"driver": "zarr3", "kvstore": store, "metadata": layout.array_metadata(length)}
    return ts.open(spec, create=True).result()
