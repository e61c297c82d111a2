"""TensorBoard's event files, record by record.

`tensorboardX` knows what an event looks like, but hands it to a thread that a full disk kills; its bounded queue then
blocks training for ever. Hence events are bytes here, and appended as every other file of a run is.
"""

import struct
from collections.abc import Mapping

from tensorboardX.record_writer import masked_crc32c
from tensorboardX.summary import Summary, scalar, text
from tensorboardX.writer import Event, SessionLog


def first_events(now: float, purge_step: int) -> bytes:
    """The beginning of a file: the format's version, and the step from which older files no longer count.

    Args:
        now: seconds since 1970, UTC.
        purge_step: the first update that this file tells of.
    """
    version = Event(wall_time=now, file_version="brain.Event:2")
    start = Event(wall_time=now, step=purge_step, session_log=SessionLog(status=SessionLog.START))
    return _framed(version) + _framed(start)


def summary_event(now: float, step: int, scalars: Mapping[str, float], texts: Mapping[str, str]) -> bytes:
    """One event with all numbers and Markdown texts of a step, by their tags.

    Characters that TensorBoard has no use for in a tag become underscores.

    Args:
        now: seconds since 1970, UTC.
        step: updates made.
        scalars: the numbers.
        texts: the texts.
    """
    summary = Summary()
    for tag, value in scalars.items():
        summary.MergeFrom(scalar(tag, value))
    for tag, content in texts.items():
        summary.MergeFrom(text(tag, content))
    return _framed(Event(wall_time=now, step=step, summary=summary))


def _framed(event: Event) -> bytes:
    """A record of a TFRecord file: length, its checksum, the event, its checksum."""
    content = event.SerializeToString()
    length = struct.pack("<Q", len(content))
    return length + struct.pack("<I", masked_crc32c(length)) + content + struct.pack("<I", masked_crc32c(content))
