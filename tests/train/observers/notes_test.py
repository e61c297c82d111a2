import datetime
import errno
import re

import pytest
from agront_train.observers import NotesFile, StepRecord

RECORD = StepRecord(step=1, loss=8.0, learning_rate=1e-4, grad_norm=0.5, tokens_per_second=1000.0)


def test_every_note_has_a_line_with_its_time_and_records_have_none(tmp_path):
    path = tmp_path / "notes.log"
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    for message in ("resumed at update 3 of 10", "checkpoint 4 is damaged:\nan array differs"):
        notes = NotesFile(path)
        notes.record(RECORD)
        notes.note(message)
        notes.close()
    lines = path.read_text().splitlines()
    times, messages = zip(*(line.split("  ", 1) for line in lines if not line.startswith(" ")), strict=True)
    assert messages == ("resumed at update 3 of 10", "checkpoint 4 is damaged:")
    assert lines[2] == "    an array differs"
    for time in times:
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", time)
        assert before <= datetime.datetime.fromisoformat(time) <= datetime.datetime.now(datetime.UTC)


class FullDisk:
    """A file on a disk without room."""

    def write(self, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    def truncate(self, size):
        pass

    def close(self):
        pass


def test_a_note_that_a_full_disk_refuses_is_written_later(tmp_path):
    path = tmp_path / "notes.log"
    notes = NotesFile(path)
    notes.note("one")
    file, notes._file._file = notes._file._file, FullDisk()
    notes.note("the disk is full")
    notes.record(RECORD)
    assert [line.split("  ")[1] for line in path.read_text().splitlines()] == ["one"]
    notes._file._file = file
    notes.record(RECORD)
    assert [line.split("  ")[1] for line in path.read_text().splitlines()] == ["one", "the disk is full"]
    notes._file._file = FullDisk()
    notes.note("two")
    with pytest.raises(OSError, match="bytes could not be written"):
        notes.close()
    file.close()
