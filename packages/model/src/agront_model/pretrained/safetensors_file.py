"""Weights in a safetensors file."""

from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from agront_model.pretrained.git_lfs import check_fetched
from agront_model.pretrained.tensor_source import TensorInfo

# The format's names of what is read here; others appear in messages as they are.
_DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16"}


class SafetensorsFile:
    """One safetensors file as a `TensorSource`.

    Raises:
        ValueError: not a whole safetensors file, or a Git LFS pointer.
    """

    def __init__(self, path: Path):
        check_fetched(path)
        self.path = path
        try:
            with safe_open(path, framework="np") as file:
                slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise ValueError(f"{path}: not a whole safetensors file ({error}); fetch it again") from error
        self.tensors = {
            name: TensorInfo(tuple(part.get_shape()), _DTYPES.get(part.get_dtype(), part.get_dtype()))
            for name, part in slices.items()
        }

    def read(self, name: str) -> np.ndarray:
        """Reads one tensor; see `TensorSource`."""
        # Opened anew each time: what was read of a file that stays mapped counts as memory of the process.
        try:
            with safe_open(self.path, framework="np") as file:
                return file.get_tensor(name)
        except SafetensorError as error:
            raise ValueError(f"{self.path}: changed while it was read ({error}); load it again") from error
