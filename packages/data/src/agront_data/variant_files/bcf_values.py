"""Values of INFO as BCF's typed bytes (VCF specification 4.3, section 6.3.3)."""

import math
import struct
from collections.abc import Sequence

from agront_data.variant_files.info_field import InfoField

_FLOAT, _STRING = 5, 7
# Of each type of whole numbers: its code, its width in bytes, and its smallest value that means no other thing.
_INTEGERS = ((1, 1, -120), (2, 2, -32760), (3, 4, -2147483640))
_MISSING_FLOAT = b"\x01\x00\x80\x7f"
_LARGEST_FLOAT = 3.4028235677973366e38  # halfway from the largest 32-bit float to the next power of 2


def encode_value(field: InfoField, text: str) -> bytes:
    """Returns the bytes of a field's value.

    Args:
        field: Says its type.
        text: Values, separated by commas; "." is a missing one.

    Raises:
        ValueError: One is not of the field's type, or too large for it.
    """
    if field.type == "String":
        content = text.encode()
        return _descriptor(len(content), _STRING) + content
    parts = text.split(",")
    try:
        if field.type == "Float":
            return _descriptor(len(parts), _FLOAT) + b"".join(map(_float_bytes, parts))
        return _integers([None if part == "." else int(part) for part in parts])
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no value of the type {field.type}, 32 bits wide") from error


def encode_integer(value: int) -> bytes:
    """Returns the bytes of a whole number, such as a key's."""
    return _integers([value])


def _float_bytes(text: str) -> bytes:
    if text == ".":
        return _MISSING_FLOAT
    value = float(text)
    if math.isfinite(value) and abs(value) >= _LARGEST_FLOAT:
        raise OverflowError
    return struct.pack("<f", value)


def _integers(values: Sequence[int | None]) -> bytes:
    known = [value for value in values if value is not None]
    for code, width, smallest in _INTEGERS:
        if all(smallest <= value < 1 << (8 * width - 1) for value in known):
            missing = -1 << (8 * width - 1)
            content = [(missing if value is None else value).to_bytes(width, "little", signed=True) for value in values]
            return _descriptor(len(values), code) + b"".join(content)
    raise OverflowError


def _descriptor(length: int, code: int) -> bytes:
    if length < 15:
        return bytes([length << 4 | code])
    return bytes([0xF0 | code]) + _integers([length])
