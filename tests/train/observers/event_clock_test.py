import os
import re
import time

import pytest
from agront_train.observers import StepRecord, TensorBoardLog
from agront_train.observers.event_clock import EventClock
from tensorboardX.proto.event_pb2 import Event


def record(step):
    return StepRecord(step=step, loss=8.0, learning_rate=1e-4, grad_norm=0.5, tokens_per_second=1000.0)


def write_session(folder, steps, resume_at):
    log = TensorBoardLog(folder, resume_at=resume_at)
    for step in steps:
        log.record(record(step))
    log.close()


def events(path):
    data = path.read_bytes()
    while data:
        length = int.from_bytes(data[:8], "little")
        yield Event.FromString(data[12 : 12 + length])
        data = data[16 + length :]


def shown(folder):
    """The steps that TensorBoard shows: it reads files by name, and the start of a session hides later steps."""
    steps = []
    for path in sorted(folder.iterdir()):
        for event in events(path):
            if event.HasField("session_log"):
                steps = [step for step in steps if step < event.step]
            elif event.HasField("summary"):
                steps.append(event.step)
    return steps


@pytest.mark.parametrize("hours", [-1, 1, -24 * 400])
def test_a_clock_that_was_set_hides_no_update(tmp_path, monkeypatch, hours):
    write_session(tmp_path, range(1, 11), 0)
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 3600 * hours)
    write_session(tmp_path, range(11, 21), 10)
    write_session(tmp_path, range(16, 19), 15)  # resumed from an older checkpoint
    assert shown(tmp_path) == [*range(1, 16), 16, 17, 18]
    times = [event.wall_time for path in sorted(tmp_path.iterdir()) for event in events(path)]
    assert times == sorted(times)


def test_times_are_the_clock_s_where_nobody_set_it(tmp_path):
    before = time.time()
    write_session(tmp_path, [1], 0)
    write_session(tmp_path, [2], 1)
    assert all(before <= event.wall_time <= time.time() for path in tmp_path.iterdir() for event in events(path))


def test_a_file_that_a_kill_cut_short_or_of_another_name_is_no_hindrance(tmp_path):
    write_session(tmp_path, [1, 2], 0)
    (path,) = tmp_path.iterdir()
    last = [event.wall_time for event in events(path)][-1]
    with path.open("ab") as file:
        file.write(bytes([200, 0, 0, 0, 0, 0, 0, 0]) + bytes(4) + b"\x09half of an event")
    path.rename(tmp_path / "events.out.tfevents.of-somebody")
    (tmp_path / "events.out.tfevents.empty").touch()
    (tmp_path / "projector_config.pbtxt").write_text("!")
    assert EventClock(tmp_path).now() > last


def test_a_name_is_behind_those_of_files_that_begin_later(tmp_path):
    earlier = tmp_path / "events.out.tfevents.1999999999.123456.host.1"
    earlier.touch()
    name = EventClock(tmp_path).file_name()
    assert sorted([name, earlier.name]) == [earlier.name, name]
    assert re.fullmatch(rf"events\.out\.tfevents\.1999999999\.\d{{6}}\..+\.{os.getpid()}", name)
