"""The shape of one array, as the text of a compiled program writes it: `f32[40,1500]{1,0:T(8,128)S(1)}`."""

import math
import re
from typing import NamedTuple

_NUMBER = re.compile(r"(?:[suf]|bf|c)(\d+)")
_ARRAY = re.compile(r"(\w+)\[([\d,]*)\](?:\{([^}]*)\})?")


class ArrayShape(NamedTuple):
    """Number format, axes and layout of an array."""

    dtype: str
    """XLA's name of the number format: f32, bf16, pred."""
    axes: tuple[int, ...]
    """Length of each axis; empty for a scalar."""
    layout: str
    """Order of the axes, tiles and memory space, without the braces; empty where the text gives none."""

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.axes)

    @property
    def in_hbm(self) -> bool:
        """Whether the array is in the device's main memory, and not in a memory inside the chip (S(1) and others)."""
        return re.search(r"S\([1-9]", self.layout) is None

    @property
    def num_bytes(self) -> int:
        """Bytes of the elements alone."""
        return self.size * _bits(self.dtype) // 8

    @property
    def padded_bytes(self) -> int:
        """Bytes with the padding of the tiles: T(8,128) fills the last two axes in memory to multiples of 8 and 128."""
        axes = list(self.axes)
        order = [int(axis) for axis in re.findall(r"\d+", self.layout.partition(":")[0])]  # the fastest axis first
        tile = re.search(r"T\(([\d,]+)\)", self.layout)
        if tile:
            lengths = [int(length) for length in reversed(tile[1].split(","))]
            for axis, length in zip(order, lengths, strict=False):
                axes[axis] = -(-axes[axis] // length) * length
        return math.prod(axes) * _bits(self.dtype) // 8

    def __str__(self) -> str:
        return f"{self.dtype}[{','.join(map(str, self.axes))}]"


def read_shapes(text: str) -> tuple[ArrayShape, ...]:
    """Find the arrays of a type: one for an array, several for a tuple."""
    return tuple(
        ArrayShape(dtype, tuple(int(length) for length in axes.split(",") if length), layout)
        for dtype, axes, layout in _ARRAY.findall(text)
    )


def _bits(dtype: str) -> int:
    if dtype == "pred":
        return 8
    number = _NUMBER.match(dtype)  # also of f8e4m3fn
    return int(number[1]) if number else 0  # tokens and such hold nothing
