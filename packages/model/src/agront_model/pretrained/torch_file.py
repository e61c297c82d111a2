"""Weights in PyTorch's own format, a zip archive with a pickle in it."""

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from agront_model.pretrained.git_lfs import check_fetched
from agront_model.pretrained.tensor_source import TensorInfo

# What has been read of a mapped file counts as memory of the process: after this part of it, it is mapped anew.
_PART_A_MAPPING = 1 / 16


class TorchFile:
    """One `pytorch_model.bin` as a `TensorSource`.

    PyTorch opens it with `weights_only=True`, which refuses every pickle that asks for more than tensors.

    Raises:
        ValueError: not a whole file of PyTorch's, one of before PyTorch 1.6, or one that holds something else than
            tensors by name, or a Git LFS pointer; or PyTorch is not installed.
    """

    def __init__(self, path: Path):
        check_fetched(path)
        try:
            import torch
        except ImportError as error:
            raise ValueError(
                f"{path}: to read it, install PyTorch: pip install 'agront-model[torch]' (weights in safetensors files "
                f"need nothing more{_beside(path)})"
            ) from error
        self.path = path
        self._torch = torch
        self._state, self._bytes_read = self._map(), 0
        self.tensors = {
            name: TensorInfo(tuple(tensor.shape), str(tensor.dtype).removeprefix("torch."))
            for name, tensor in self._state.items()
        }

    def read(self, name: str) -> np.ndarray:
        """Reads one tensor; see `TensorSource`. What is bfloat16 in the file comes as float32."""
        if self._bytes_read > _PART_A_MAPPING * self.path.stat().st_size:
            self._state, self._bytes_read = {}, 0
            self._state = self._map()
        tensor = self._state[name]
        self._bytes_read += tensor.nbytes
        # What PyTorch only marked as negated is negated here: NumPy knows no such mark.
        return (tensor.float() if tensor.dtype == self._torch.bfloat16 else tensor).resolve_neg().numpy()

    def _map(self) -> Mapping[str, Any]:
        """All tensors, none of them in memory yet."""
        if not zipfile.is_zipfile(self.path):
            raise ValueError(
                f"{self.path}: no zip archive, as PyTorch writes since 1.6: fetch it again if it was cut short; an "
                "older file from a source that you trust is converted by torch.save(torch.load(FILE), NEW_FILE)"
            )
        try:
            state = self._torch.load(self.path, map_location="cpu", mmap=True, weights_only=True)
        except Exception as error:  # a damaged archive raises anything
            # PyTorch's own text stays out of the message: it advises to open the file without this protection.
            asked_for = re.search(r"GLOBAL ([\w.]+)", str(error))
            reason = (
                f"it asks for {asked_for[1]}, which is more than tensors"
                if asked_for
                else "PyTorch refused it as weights, or it is damaged"
            )
            raise ValueError(
                f"{self.path}: not opened, and nothing of it was executed: {reason}; fetch it again from a source that "
                "you trust"
            ) from error
        if not isinstance(state, Mapping):
            raise ValueError(f"{self.path}: holds a {type(state).__name__}, expected tensors by name (a state dict)")
        for name, tensor in state.items():
            if not (isinstance(name, str) and isinstance(tensor, self._torch.Tensor)):
                raise ValueError(f"{self.path}: {name!r} is a {type(tensor).__name__}, expected a tensor by its name")
            if tensor.layout != self._torch.strided or tensor.is_quantized or tensor.device.type != "cpu":
                raise ValueError(f"{self.path}: {name} is not a plain tensor ({tensor.layout}, {tensor.dtype})")
        return {name: tensor.detach() for name, tensor in state.items()}


def _beside(path: Path) -> str:
    authors = path.parent / "jax_model"
    return f", nor does {authors}" if authors.is_dir() else ""
