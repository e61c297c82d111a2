import os

import numpy as np
import pytest
from agront_train.observers import group_series, metric_series, metrics_files, smoothed_series

RECORDS = [
    {"step": 1, "loss": 8.0},
    {"step": 2, "loss": None, "skipped": True},
    {"step": 3, "loss": 7.0, "held_out_loss": 7.5, "held_out_loss_by_group": {"rice": 7.4, "maize": 7.6}},
    {"step": 4, "loss": 6.5, "held_out_loss": 7.0, "held_out_loss_by_group": {"rice": 6.9}},
]


@pytest.fixture
def make_run(tmp_path):
    def make(name, text='{"step": 1}\n'):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "metrics.jsonl").write_text(text)
        return tmp_path / name

    return make


def values_of(series):
    return [part.tolist() for part in series]


def test_updates_without_the_number_are_left_out():
    assert values_of(metric_series(RECORDS, "loss")) == [[1, 3, 4], [8.0, 7.0, 6.5]]
    assert values_of(metric_series(RECORDS, "held_out_loss")) == [[3, 4], [7.5, 7.0]]
    assert values_of(metric_series(RECORDS, "learning_rate")) == [[], []]


def test_each_group_has_a_series():
    series = group_series(RECORDS)
    assert {name: values_of(points) for name, points in series.items()} == {
        "maize": [[3], [7.6]],
        "rice": [[3, 4], [7.4, 6.9]],
    }
    assert list(series) == ["maize", "rice"]
    assert group_series(RECORDS[:2]) == {}


def test_a_smoothed_value_is_the_mean_of_the_last_ones():
    steps, values = np.arange(1.0, 6.0), np.array([1.0, 3.0, 2.0, 4.0, 6.0])
    smoothed = smoothed_series(steps, values, 2)
    assert smoothed[0].tolist() == [2, 3, 4, 5]
    np.testing.assert_allclose(smoothed[1], [2.0, 2.5, 3.0, 5.0])
    assert values_of(smoothed_series(steps, values, 1)) == [steps.tolist(), values.tolist()]
    assert values_of(smoothed_series(np.zeros(0), np.zeros(0), 3)) == [[], []]


def test_runs_are_named_by_as_much_of_their_path_as_tells_them_apart(make_run, tmp_path):
    names = ["x/1/demo", "y/1/demo", "y/2/demo", "other"]
    files = metrics_files([make_run(name) for name in names])
    assert list(files) == ["x/1/demo", "y/1/demo", "2/demo", "other"]
    assert files["2/demo"] == (tmp_path / "y/2/demo/metrics.jsonl").resolve()


def test_bytes_of_a_name_that_are_not_utf_8_are_shown(make_run):
    run = make_run(os.fsdecode(b"r\xfcn"))
    assert metrics_files([run]) == {r"r\udcfcn": run / "metrics.jsonl"}


def test_what_is_no_run_is_refused(make_run, tmp_path):
    run = make_run("a")
    for runs, message in (
        ([], "no run was given"),
        ([run, tmp_path], "is no run of tools/pretrain.py: it holds no metrics.jsonl"),
        ([run, tmp_path / "x" / ".." / "a"], "is given twice"),
        ([make_run("fresh", "")], "fresh has made no update yet"),
    ):
        with pytest.raises(ValueError, match=message):
            metrics_files(runs)
