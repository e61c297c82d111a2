"""Where the arrays lie in a file that joblib wrote, found without running anything that the file asks for.

Such a file is a pickle in which each array stands as a description, with the array's bytes right behind the instruction
that completes it (joblib 0.10 and newer: `joblib/numpy_pickle.py`). An ordinary unpickler calls whatever a file names.
This one knows four names, puts inert things of its own in their place, and refuses all others.
"""

import math
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Literal, NamedTuple

import numpy as np


class StoredArray(NamedTuple):
    """Where an array lies in the file, and how.

    Attributes:
        offset: of its first byte.
        shape: sizes of its axes.
        dtype: number format, with the byte order of the file.
        order: "C" or "F": whether its last or its first axis lies closest together.
    """

    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype
    order: Literal["C", "F"]


class _DTypeRecord:
    """Stands for `numpy.dtype`: keeps what it is called with, and the byte order that is set afterwards."""

    def __init__(self, kind: Any, *_: Any):
        self.kind = kind
        self.byte_order = "="

    def to_dtype(self) -> np.dtype:
        # An array of anything but numbers has a pickle of its own as its bytes.
        if not isinstance(self.kind, str) or not re.fullmatch(r"[biuf][1248]", self.kind):
            raise pickle.UnpicklingError(f"an array of dtype {self.kind!r:.40}, which is not one of plain numbers")
        return np.dtype(self.byte_order + self.kind)


class _ArrayRecord:
    """Stands for joblib's `NumpyArrayWrapper`."""


_JOBLIB, _OLD_JOBLIB = "joblib.numpy_pickle", "joblib.numpy_pickle_compat"
_STAND_INS: dict[tuple[str, str], Any] = {
    (_JOBLIB, "NumpyArrayWrapper"): _ArrayRecord,
    ("numpy", "ndarray"): "the only kind of array",
    ("numpy", "dtype"): _DTypeRecord,
    # Parameters of older versions of Haiku are such a mapping, made of a dict.
    ("haiku._src.data_structures", "FlatMapping"): dict,
}


class _ArrayUnpickler(pickle._Unpickler):  # the one in C has no instructions to replace
    """Makes a `StoredArray` of each array and skips its bytes."""

    stack: list[Any]
    # By the three left out comes, past `find_class`, what was registered with `copyreg`.
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = {
        code: instruction
        for code, instruction in pickle._Unpickler.dispatch.items()
        if code not in pickle.EXT1 + pickle.EXT2 + pickle.EXT4
    }

    def __init__(self, file: BinaryIO, size: int):
        super().__init__(file)
        self._file, self._size = file, size

    def find_class(self, module: str, name: str) -> Any:
        if module == _OLD_JOBLIB or name in ("NDArrayWrapper", "ZNDArrayWrapper"):
            raise pickle.UnpicklingError("written by a joblib older than 0.10, whose layout is not read here")
        try:
            return _STAND_INS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is more than arrays by name") from None

    def load_build(self) -> None:
        """The instruction that gives an object its state: here to the two stand-ins, and to nothing else."""
        state, record = self.stack.pop(), self.stack[-1]
        if type(record) is _DTypeRecord and isinstance(state, tuple) and state[1:2] in (("<",), (">",), ("|",)):
            record.byte_order = state[1]
        elif type(record) is _ArrayRecord and isinstance(state, dict):
            self.stack[-1] = self._place(state)
        else:
            raise pickle.UnpicklingError(f"it sets the state of a {type(record).__name__}, which is no array")

    dispatch[pickle.BUILD[0]] = load_build

    def _place(self, state: dict[Any, Any]) -> StoredArray:
        shape, order, record = state["shape"], state["order"], state["dtype"]
        if type(record) is not _DTypeRecord or order not in ("C", "F") or not isinstance(shape, tuple):
            raise pickle.UnpicklingError("an array that is not described as joblib does")
        if not all(type(length) is int and length >= 0 for length in shape):
            raise pickle.UnpicklingError(f"an array of shape {shape}")
        dtype = record.to_dtype()
        # One byte says how many follow it until the array is aligned; joblib before 1.2 did not align.
        if state.get("numpy_array_alignment_bytes") is not None:
            self._file.seek(int.from_bytes(self._file.read(1)), 1)
        array = StoredArray(self._file.tell(), shape, dtype, order)
        if self._file.seek(math.prod(shape) * dtype.itemsize, 1) > self._size:
            raise EOFError("the file ends within an array")
        return array


def find_arrays(path: Path) -> dict[str, StoredArray]:
    """Finds the arrays of a file of joblib's that holds {module: {name: array}}, by "module/name"; reads none.

    Raises:
        ValueError: compressed, cut short, of an old layout, or something else than arrays by name.
    """
    with path.open("rb") as file:
        if file.read(1) != pickle.PROTO:
            raise ValueError(
                f"{path}: no uncompressed file of joblib's (it begins with other bytes): fetch it again; or, if it was "
                "compressed by someone you trust, write it anew by joblib.dump(joblib.load(FILE), NEW_FILE)"
            )
        file.seek(0)
        try:
            tree = _ArrayUnpickler(file, path.stat().st_size).load()
        except EOFError as error:
            raise ValueError(f"{path}: cut short ({error or 'it ends too early'}); fetch it again") from error
        except Exception as error:  # a damaged pickle raises anything
            raise ValueError(
                f"{path}: not read, and nothing of it was executed: {error or type(error).__name__}. Fetch it again "
                "from a source that you trust; expected is a dict of modules, each a dict of NumPy arrays"
            ) from error
    if not isinstance(tree, dict):
        raise ValueError(f"{path}: holds a {type(tree).__name__}, expected a dict of modules")
    arrays = {}
    for module, values in tree.items():
        if not isinstance(values, dict):
            raise ValueError(f"{path}: {module!r} is a {type(values).__name__}, expected a dict of arrays")
        for name, array in values.items():
            if not (isinstance(module, str) and isinstance(name, str) and isinstance(array, StoredArray)):
                raise ValueError(f"{path}: {module!r}, {name!r} is a {type(array).__name__}, expected an array")
            arrays[f"{module}/{name}"] = array
    return arrays
