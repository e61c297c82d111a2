"""`BsdSum`: the 16-bit rotating checksum of BSD's `sum`, which Ensembl publishes, vectorised.

For every byte b the state s becomes (s rotated right by one bit) + b, and a carry out of bit 15 is lost. Modulo 65,535
rotating is dividing by 2 and a lost carry takes 1 away. So the states of a block, from 0 and as if no carry were lost,
come from a prefix sum; the true ones differ from them by one rotated number, until a carry is lost (in compressed data
at one byte in 500). Only those bytes are taken one by one.
"""

import numpy as np
from jaxtyping import UInt8, UInt16

_MODULUS = 65_535  # 2**16 is 1 in it, so 16 bytes on everything is as before: a block is cut into rows of 16
_ROW = 16
_BLOCK_BYTES = 1 << 18
_WINDOW_ROWS = 96  # looked through at once for the next carry: about three times as far as the next one is

# What a byte of a row adds to the state after the row, modulo 65,535: the k-th is rotated 15 - k times more.
_WEIGHTS = np.float32(2.0) ** ((np.arange(_ROW) + 1) % 16).astype(np.float32)

# Row v holds v rotated right by 1 to 16 bits: what the difference v becomes from byte to byte.
_ROTATIONS: UInt16[np.ndarray, "65536 16"] = (
    (np.arange(1 << 16, dtype=np.uint32)[:, None] * np.uint32(0x10001)) >> np.arange(1, 17, dtype=np.uint32)
).astype(np.uint16)


class BsdSum:
    """Takes bytes in pieces of any size.

    Attributes:
        digest: The checksum of all bytes so far, 0 to 65,535.
    """

    def __init__(self) -> None:
        self.digest = 0

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Takes the next bytes."""
        codes = np.frombuffer(data, np.uint8)
        for start in range(0, codes.size, _BLOCK_BYTES):
            self.digest = _sum_block(codes[start : start + _BLOCK_BYTES], self.digest)


def _sum_block(data: UInt8[np.ndarray, "N"], state: int) -> int:
    """Returns the state after a block of bytes."""
    padded = np.zeros((-(-data.size // _ROW), _ROW), np.uint8)
    padded.reshape(-1)[: data.size] = data
    linear = _linear_states(padded)
    # A carry is lost only where the new residue is at most the byte. States 0 and 65,535 are one residue, but as the
    # byte after them is such a place too, they are never gone on from by residue. One is added on both sides because
    # residue 0 may stand as 65,535.
    raised, limits = linear + np.uint16(1), padded.astype(np.uint16) + np.uint16(1)
    residues, data_bytes = linear.reshape(-1).data, padded.reshape(-1).data

    position = 0
    while position < data.size:
        row, column = divmod(position, _ROW)
        difference = (state - residues[position - 1] if position else state) % _MODULUS
        rotated = _ROTATIONS[(difference << column) % _MODULUS]
        found = position
        while row < len(padded):
            window = slice(row, row + _WINDOW_ROWS)
            candidates = (raised[window] + rotated <= limits[window]).reshape(-1)[column:]
            offset = int(candidates.argmax())
            if candidates[offset]:
                found += offset
                break
            found += candidates.size
            row, column = row + _WINDOW_ROWS, 0
        found = min(found, data.size)
        if found > position:
            state = (residues[found - 1] + int(rotated[(found - 1) % _ROW])) % _MODULUS
        if found < data.size:
            state = ((state >> 1) + ((state & 1) << 15) + data_bytes[found]) & 0xFFFF
        position = found + 1
    return state


def _linear_states(rows: UInt8[np.ndarray, "R 16"]) -> UInt16[np.ndarray, "R 16"]:
    """Returns the states after each byte, from 0 and as if no carry were lost: residues modulo 65,535."""
    totals = (rows.astype(np.float32) @ _WEIGHTS).astype(np.int64)  # below 2**24, so exact
    state = ((np.cumsum(totals) - totals) % _MODULUS).astype(np.uint16)
    columns = np.ascontiguousarray(rows.T).astype(np.uint16)
    states = np.empty_like(columns)
    for column, out in zip(columns, states, strict=True):
        np.add((state >> 1) | (state << 15), column, out=out)
        out += out < column  # a carry out of bit 15 counts 1
        state = out
    return np.ascontiguousarray(states.T)
