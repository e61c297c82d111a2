"""`EventClock`: the order of TensorBoard's event files, which must not depend on a clock that somebody sets back.

TensorBoard reads the files of a folder in the order of their names, which begin with a time. The first event of a file
hides what was read before it of later updates.
"""

import os
import re
import socket
import struct
import time
from pathlib import Path

_PREFIX = "events.out.tfevents."
_TIME_IN_NAME = re.compile(rf"{re.escape(_PREFIX)}([0-9]+(?:\.[0-9]+)?)")

# A record is its length (8 bytes), a checksum of that (4), the event, and a checksum of that (4). An event begins with
# its time: a tag of one byte, and a double.
_BEFORE, _AFTER = 12, 4
_TIME_TAG = b"\x09"
_SMALLEST_DIFFERENCE = 1e-6


class EventClock:
    """Gives times that are later than those of all earlier event files of a folder, and never go back."""

    def __init__(self, folder: Path):
        """Begin now, or after the last event of the folder, whichever is later."""
        earlier = [max(_time_in_name(path), _last_time(path)) for path in folder.glob(f"{_PREFIX}*")]
        self._begun = max([time.time(), *(moment + _SMALLEST_DIFFERENCE for moment in earlier)])
        self._monotonic = time.monotonic()

    def now(self) -> float:
        """The time, in seconds since 1970, UTC."""
        return self._begun + time.monotonic() - self._monotonic

    def file_name(self) -> str:
        """A name for an event file that is sorted behind those of all earlier files."""
        return f"{_PREFIX}{self.now():.6f}.{socket.gethostname()}.{os.getpid()}"


def _time_in_name(path: Path) -> float:
    found = _TIME_IN_NAME.match(path.name)
    return float(found[1]) if found else 0.0


def _last_time(path: Path) -> float:
    """The time of the last event that is whole; 0 where there is none."""
    size, last, end = path.stat().st_size, 0.0, 0
    with path.open("rb") as file:
        while len(header := file.read(_BEFORE + 9)) == _BEFORE + 9:
            end += _BEFORE + struct.unpack_from("<Q", header)[0] + _AFTER
            if end > size:  # a kill cut it short
                break
            if header[_BEFORE:].startswith(_TIME_TAG):
                last = struct.unpack_from("<d", header, _BEFORE + 1)[0]
            file.seek(end)
    return last
