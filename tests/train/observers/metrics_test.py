import errno
import json
import math
import shutil
import struct
import subprocess

import pytest
from agront_train.observers import Guess, MetricsFile, StepRecord, TensorBoardLog, read_metrics
from tensorboardX.crc32c import crc32c
from tensorboardX.proto.event_pb2 import Event, SessionLog


def record(step, **measured):
    return StepRecord(step=step, loss=8.0, learning_rate=1e-4, grad_norm=0.5, tokens_per_second=1000.0, **measured)


LINE = {"loss": 8.0, "learning_rate": 1e-4, "grad_norm": 0.5, "tokens_per_second": 1000.0}
GUESS = Guess(row=7, position=3, token="ATTCGA", top=(("ATTCGA", 0.5), ("<pad>", 0.25)))
# What a run has to say at most.
EVERYTHING = {
    "held_out_loss": 7.5,
    "held_out_loss_by_group": {"maize": 7.25, "rice": 7.75},
    "guesses": (GUESS,),
    "data_wait": 0.125,
    "utilisation": 0.5,
}


def test_each_update_is_one_line_with_what_was_measured(tmp_path):
    file = MetricsFile(tmp_path / "metrics.jsonl")
    file.record(record(1))
    file.record(record(2, **EVERYTHING))
    assert list(read_metrics(tmp_path / "metrics.jsonl")) == [
        {"step": 1, **LINE},
        {
            "step": 2,
            **LINE,
            "held_out_loss": 7.5,
            "held_out_loss_by_group": {"maize": 7.25, "rice": 7.75},
            "guesses": [{"row": 7, "position": 3, "token": "ATTCGA", "top": [["ATTCGA", 0.5], ["<pad>", 0.25]]}],
            "data_wait": 0.125,
            "utilisation": 0.5,
        },
    ]
    file.close()


def no_constants(name):
    raise AssertionError(f"{name} is not JSON")


def test_a_skipped_update_is_valid_json(tmp_path):
    file = MetricsFile(tmp_path / "metrics.jsonl")
    guess = GUESS._replace(top=(("A", math.nan),))
    file.record(
        StepRecord(
            step=1,
            loss=math.nan,
            learning_rate=1e-4,
            grad_norm=math.inf,
            tokens_per_second=1000.0,
            skipped=True,
            held_out_loss_by_group={"maize": math.nan},
            guesses=(guess,),
        )
    )
    file.close()
    assert json.loads((tmp_path / "metrics.jsonl").read_text(), parse_constant=no_constants) == {
        "step": 1,
        "loss": None,
        "learning_rate": 1e-4,
        "grad_norm": None,
        "tokens_per_second": 1000.0,
        "skipped": True,
        "held_out_loss_by_group": {"maize": None},
        "guesses": [{"row": 7, "position": 3, "token": "ATTCGA", "top": [["A", None]]}],
    }


def test_resuming_drops_what_will_be_made_again_and_a_line_cut_short(tmp_path):
    path = tmp_path / "metrics.jsonl"
    file = MetricsFile(path)
    for step in (1, 2, 3):
        file.record(record(step))
    file.close()
    with path.open("a") as broken:
        broken.write('{"step": 4, "lo')
    resumed = MetricsFile(path, resume_at=2)
    resumed.record(record(3))
    resumed.close()
    assert [entry["step"] for entry in read_metrics(path)] == [1, 2, 3]


def test_a_broken_line_in_the_middle_is_named(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 1}\n{"st\n{"step": 3}\n')
    with pytest.raises(ValueError, match=r"metrics.jsonl, line 2 is not JSON"):
        list(read_metrics(path))


def masked(checksum):
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


def events(folder):
    """The events of a folder's only log, each of them whole: the format and the mask are those of TFRecord files."""
    (file,) = folder.iterdir()
    data = file.read_bytes()
    while data:
        length, check = struct.unpack("<QI", data[:12])
        assert check == masked(crc32c(data[:8]))
        content = data[12 : 12 + length]
        assert struct.unpack("<I", data[12 + length : 16 + length])[0] == masked(crc32c(content))
        yield Event.FromString(content)
        data = data[16 + length :]


def scalars(folder):
    return {
        (event.step, value.tag): value.simple_value
        for event in events(folder)
        for value in event.summary.value
        if not value.HasField("tensor")
    }


def test_tensorboard_holds_every_number_and_the_guesses(tmp_path):
    log = TensorBoardLog(tmp_path, resume_at=4)
    log.record(record(5, **EVERYTHING))
    log.close()
    assert scalars(tmp_path) == {
        (5, "loss/training"): 8.0,
        (5, "loss/held_out"): 7.5,
        (5, "optimizer/learning_rate"): pytest.approx(1e-4),
        (5, "optimizer/grad_norm"): 0.5,
        (5, "speed/tokens_per_second"): 1000.0,
        (5, "speed/utilisation"): 0.5,
        (5, "speed/data_wait"): 0.125,
        (5, "held_out_loss_by_group/maize"): 7.25,
        (5, "held_out_loss_by_group/rice"): 7.75,
    }
    version, start, numbers = events(tmp_path)
    assert version.file_version == "brain.Event:2"
    # What older files hold of updates 5 and later is hidden.
    assert (start.step, start.session_log.status) == (5, SessionLog.START)
    (text,) = [value.tensor.string_val[0].decode() for value in numbers.summary.value if value.HasField("tensor")]
    assert text.splitlines()[-1] == "| 7 | 3 | `ATTCGA` | **`ATTCGA`** 50.0%, `<pad>` 25.0% |"


def test_tensorboard_marks_a_skipped_update_and_leaves_out_what_is_not_finite(tmp_path):
    log = TensorBoardLog(tmp_path)
    skipped = {"loss": math.nan, "grad_norm": math.inf, "skipped": True}
    log.record(StepRecord(step=1, learning_rate=0.5, tokens_per_second=1000.0, **skipped))
    log.close()
    assert scalars(tmp_path) == {
        (1, "optimizer/learning_rate"): 0.5,
        (1, "optimizer/skipped_update"): 1.0,
        (1, "speed/tokens_per_second"): 1000.0,
    }


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a full disk is a small tmpfs here, and this user may mount none")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder):
    free = shutil.disk_usage(folder).free
    (folder / "fill").write_bytes(bytes(free))
    assert shutil.disk_usage(folder).free == 0


def refused(observer, steps):
    """The steps that there is no room for. Of their 1,100 bytes or so, by which no page of 4,096 can be divided, the
    last to go in goes half in.
    """
    found = []
    for step in steps:
        try:
            observer.record(record(step, held_out_loss_by_group={"g" * 1000: float(step)}))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            found.append(step)
    return found


def test_a_full_disk_loses_no_record_and_leaves_no_half_one(small_disk):
    metrics, tensorboard = small_disk / "metrics.jsonl", small_disk / "tensorboard"
    observers = [MetricsFile(metrics), TensorBoardLog(tensorboard)]
    assert [refused(observer, [1]) for observer in observers] == [[], []]
    fill(small_disk)
    for observer in observers:
        steps = refused(observer, range(2, 9))
        assert steps == [4, 5, 6, 7, 8]
    assert [line["step"] for line in read_metrics(metrics)] == [1, 2, 3]
    assert metrics.read_text().endswith("}\n")
    assert {step for step, _ in scalars(tensorboard)} == {1, 2, 3}
    (small_disk / "fill").unlink()
    assert [refused(observer, [9]) for observer in observers] == [[], []]
    for observer in observers:
        observer.close()
    assert [line["step"] for line in read_metrics(metrics)] == list(range(1, 10))
    losses = [value for (_, tag), value in scalars(tensorboard).items() if tag.startswith("held_out")]
    assert losses == list(range(1, 10))


def test_what_could_not_be_written_at_the_end_is_said(small_disk):
    file = MetricsFile(small_disk / "metrics.jsonl")
    file.record(record(1))
    fill(small_disk)
    with pytest.raises(OSError, match=r"No space left.*kept in memory.*metrics.jsonl"):
        file.record(record(2, held_out_loss_by_group={"g" * 5000: 1.0}))
    with pytest.raises(OSError, match=r"could not be written.*metrics.jsonl"):
        file.close()
    assert [line["step"] for line in read_metrics(small_disk / "metrics.jsonl")] == [1]
