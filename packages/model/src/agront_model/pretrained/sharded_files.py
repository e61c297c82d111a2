"""Weights split over several files, with an index that says which tensor lies in which."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from agront_model.pretrained.json_file import read_json_object
from agront_model.pretrained.tensor_check import joined_layers
from agront_model.pretrained.tensor_source import TensorInfo, TensorSource


class ShardedFiles:
    """All files of an index as one `TensorSource`.

    Args:
        path: the index, `….index.json` as `transformers` writes it.
        open_file: opens one of the files, which lie beside it.

    Raises:
        FileNotFoundError: files that the index names are not there.
        ValueError: the index is damaged, names a file elsewhere, or is not true.
    """

    def __init__(self, path: Path, open_file: Callable[[Path], TensorSource]):
        self.path = path
        names_of: dict[str, set[str]] = defaultdict(set)
        for name, file in _weight_map(path).items():
            names_of[file].add(name)
        missing = sorted(file for file in names_of if not (path.parent / file).is_file())
        if missing:
            raise FileNotFoundError(f"{path}: names files that are not there: {', '.join(missing)}; fetch them")
        self.tensors: dict[str, TensorInfo] = {}
        self._source_of: dict[str, TensorSource] = {}
        for file, names in sorted(names_of.items()):
            source = open_file(path.parent / file)
            if source.tensors.keys() != names:
                absent = joined_layers(names - source.tensors.keys())
                more = joined_layers(source.tensors.keys() - names)
                raise ValueError(
                    f"{path}: not true of {file}, where {', '.join(absent) or 'nothing'} is missing and "
                    f"{', '.join(more) or 'nothing'} is more than it says; fetch index and files again, together"
                )
            self.tensors |= source.tensors
            self._source_of |= dict.fromkeys(names, source)

    def read(self, name: str) -> np.ndarray:
        """Reads one tensor; see `TensorSource`."""
        return self._source_of[name].read(name)


def _weight_map(path: Path) -> dict[str, str]:
    weight_map = read_json_object(path).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ValueError(f"{path}: no weight_map, which says what tensor lies in what file; fetch it again")
    for name, file in weight_map.items():
        # A plain name and nothing else: an index may not point out of its folder.
        if not isinstance(file, str) or file in ("", ".", "..") or any(sign in file for sign in "/\\:\0"):
            raise ValueError(f"{path}: says that {name} lies in {file!r}, which is no name of a file in this folder")
    return weight_map
