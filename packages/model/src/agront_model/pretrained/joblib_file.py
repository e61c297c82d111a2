"""Weights in a file that joblib wrote, as the authors publish them for JAX. joblib itself is not needed."""

import math
from pathlib import Path

import numpy as np

from agront_model.pretrained.array_unpickler import find_arrays
from agront_model.pretrained.git_lfs import check_fetched
from agront_model.pretrained.tensor_source import TensorInfo


class JoblibFile:
    """One file of joblib's that holds {module: {name: array}}, as a `TensorSource` of names "module/name".

    Raises:
        FileNotFoundError: no such file.
        ValueError: compressed, cut short, of an old layout, a Git LFS pointer, or something else than arrays by name.
    """

    def __init__(self, path: Path):
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file, though hyperparams.json lies beside it; fetch it")
        check_fetched(path)
        self.path = path
        self._arrays = find_arrays(path)
        self.tensors = {name: TensorInfo(array.shape, array.dtype.name) for name, array in self._arrays.items()}

    def read(self, name: str) -> np.ndarray:
        """Reads one array; see `TensorSource`."""
        array = self._arrays[name]
        values = np.fromfile(self.path, array.dtype, math.prod(array.shape), offset=array.offset)
        if values.size != math.prod(array.shape):
            raise ValueError(f"{self.path}: changed while it was read; load it again")
        # In the byte order of this machine: JAX takes no other.
        return values.reshape(array.shape, order=array.order).astype(array.dtype.newbyteorder("="), copy=False)
