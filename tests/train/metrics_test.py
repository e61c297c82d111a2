import pytest
from agront_train import MetricsFile, StepRecord, TensorBoardLog, read_metrics
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import RecordWriter  # noqa: F401  (the format read below is its)


def record(step, held_out_loss=None):
    return StepRecord(
        step=step, loss=8.0, learning_rate=1e-4, grad_norm=0.5, tokens_per_second=1000.0, held_out_loss=held_out_loss
    )


def test_each_update_is_one_line_with_the_named_numbers(tmp_path):
    file = MetricsFile(tmp_path / "metrics.jsonl")
    file.record(record(1))
    file.record(record(2, held_out_loss=7.5))
    assert list(read_metrics(tmp_path / "metrics.jsonl")) == [
        {"step": 1, "loss": 8.0, "learning_rate": 1e-4, "grad_norm": 0.5, "tokens_per_second": 1000.0},
        {
            "step": 2,
            "loss": 8.0,
            "learning_rate": 1e-4,
            "grad_norm": 0.5,
            "tokens_per_second": 1000.0,
            "held_out_loss": 7.5,
        },
    ]
    file.close()


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


def test_tensorboard_holds_every_number(tmp_path):
    log = TensorBoardLog(tmp_path)
    log.record(record(5, held_out_loss=7.5))
    log.close()
    (file,) = tmp_path.iterdir()
    data, scalars = file.read_bytes(), {}
    while data:  # a record: length (8 bytes), its checksum (4), the event, its checksum (4)
        length = int.from_bytes(data[:8], "little")
        event = Event.FromString(data[12 : 12 + length])
        scalars.update({value.tag: (event.step, value.simple_value) for value in event.summary.value})
        data = data[16 + length :]
    assert scalars["held_out_loss"] == (5, 7.5)
    assert set(scalars) == {"loss", "learning_rate", "grad_norm", "tokens_per_second", "held_out_loss"}
