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


def _flat_mapping(mapping: Any) -> dict[str, Any]:
    """Stands for the mapping of older versions of Haiku, which is made of one dict."""
    if type(mapping) is not dict:
        raise pickle.UnpicklingError(f"a mapping of Haiku's made of a {type(mapping).__name__}")
    return mapping


_JOBLIB, _OLD_JOBLIB = "joblib.numpy_pickle", "joblib.numpy_pickle_compat"
_STAND_INS: dict[tuple[str, str], Any] = {
    (_JOBLIB, "NumpyArrayWrapper"): _ArrayRecord,
    ("numpy", "ndarray"): "the only kind of array",
    ("numpy", "dtype"): _DTypeRecord,
    ("haiku._src.data_structures", "FlatMapping"): _flat_mapping,
}
# The three extensions bring, past `find_class`, what was registered with `copyreg`; a set hashes what it is given.
_LEFT_OUT = pickle.EXT1 + pickle.EXT2 + pickle.EXT4 + pickle.EMPTY_SET + pickle.ADDITEMS + pickle.FROZENSET


class _Instructions(dict[int, Callable[[Any], None]]):
    """What to do for each byte that is an instruction; a sentence for all others."""

    def __missing__(self, code: int) -> Callable[[Any], None]:
        raise pickle.UnpicklingError(f"it has the instruction {bytes([code])!r}, and arrays by name do without it")


class _ArrayUnpickler(pickle._Unpickler):  # the one in C has no instructions to replace
    """Makes a `StoredArray` of each array and skips its bytes."""

    stack: list[Any]
    pop_mark: Callable[[], list[Any]]
    dispatch: ClassVar[dict[int, Callable[[Any], None]]] = _Instructions(
        (code, instruction) for code, instruction in pickle._Unpickler.dispatch.items() if code not in _LEFT_OUT
    )

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

    def load_setitem(self) -> None:
        """One key and its value, into the dict below them."""
        self._fill(self.stack[-3], [self.stack.pop(-2), self.stack.pop()])

    def load_setitems(self) -> None:
        """Keys and values since the mark, into the dict below it."""
        items = self.pop_mark()
        self._fill(self.stack[-1], items)

    def load_dict(self) -> None:
        """A dict of the keys and values since the mark."""
        items = self.pop_mark()
        self.stack.append({})
        self._fill(self.stack[-1], items)

    dispatch |= {pickle.SETITEM[0]: load_setitem, pickle.SETITEMS[0]: load_setitems, pickle.DICT[0]: load_dict}

    def _fill(self, target: Any, items: list[Any]) -> None:
        """Keys must be names: to hash another may end the process, where a million tuples lie in one another."""
        if type(target) is not dict:
            raise pickle.UnpicklingError(f"it sets items of a {type(target).__name__}, which is no dict")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) is not str:
                raise pickle.UnpicklingError(f"a {type(key).__name__} in the place of a name")
            target[key] = value

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
            raise pickle.UnpicklingError(f"an array of shape {shape!r:.40}")
        dtype = record.to_dtype()
        # One byte says how many follow it until the array is aligned; joblib before 1.2 did not align.
        if state.get("numpy_array_alignment_bytes") is not None:
            self._file.seek(int.from_bytes(self._file.read(1)), 1)
        array = StoredArray(self._file.tell(), shape, dtype, order)
        end = array.offset + math.prod(shape) * dtype.itemsize
        if end > self._size:
            raise EOFError("the file ends within an array")
        self._file.seek(end)
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
            own = isinstance(error, pickle.UnpicklingError)
            reason = str(error) if own else f"damaged ({type(error).__name__} {error!s:.100})"
            raise ValueError(
                f"{path}: not read, and nothing of it was executed: {reason}. Fetch it again from a source that you "
                "trust; expected is a dict of modules, each a dict of NumPy arrays"
            ) from error
    if not isinstance(tree, dict):
        raise ValueError(f"{path}: holds a {type(tree).__name__}, expected a dict of modules")
    arrays = {}
    for module, values in tree.items():
        if not isinstance(values, dict):
            raise ValueError(f"{path}: {module!r} is a {type(values).__name__}, expected a dict of arrays")
        for name, array in values.items():
            if not isinstance(array, StoredArray):
                raise ValueError(f"{path}: {module!r}, {name!r} is a {type(array).__name__}, expected an array")
            arrays[f"{module}/{name}"] = array
    return arrays
