"""What a file of weights is to the rest: named tensors whose shapes are known before any of them is read."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np


class TensorInfo(NamedTuple):
    """What is known of a tensor before it is read.

    Attributes:
        shape: sizes of its axes.
        dtype: NumPy's name of its number format, as "float32" or "bfloat16".
    """

    shape: tuple[int, ...]
    dtype: str


@runtime_checkable
class TensorSource(Protocol):
    """Named tensors in one or several files."""

    @property
    def path(self) -> Path:
        """The file or folder, for messages."""
        ...

    @property
    def tensors(self) -> Mapping[str, TensorInfo]:
        """All tensors by name."""
        ...

    def read(self, name: str) -> np.ndarray:
        """Reads one tensor.

        Returns:
            An array of the shape and number format that `tensors` says, valid until the next `read`.

        Raises:
            ValueError: the file ends before the tensor does.
        """
        ...
