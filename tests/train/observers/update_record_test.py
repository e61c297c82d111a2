import time

import numpy as np
import pytest
from agront_train import TrainConfig
from agront_train.observers import Stopwatch, describe_skipped, divergence, record_of_update
from agront_train.update import StepMetrics

CONFIG = TrainConfig(batch_size=8)


def metrics(loss=2.0, in_a_row=0):
    return StepMetrics(np.float32(loss), np.float32(0.5), np.float32(1e-3), np.int32(in_a_row))


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only where a test says so."""

    class Clock:
        now = 100.0

    monkeypatch.setattr(time, "perf_counter", lambda: Clock.now)
    return Clock


def test_an_update_is_timed_by_hand(clock):
    stopwatch = Stopwatch()
    with stopwatch.waiting():
        clock.now += 1
    clock.now += 3
    record = record_of_update(7, metrics(), stopwatch, 1000, 2500.0)
    assert (record.step, record.loss, record.grad_norm) == (7, 2.0, 0.5)
    assert record.learning_rate == pytest.approx(1e-3)
    assert (record.tokens_per_second, record.data_wait, record.utilisation) == (250.0, 0.25, 0.1)
    assert not record.skipped


def test_each_lap_begins_with_the_last_and_a_pause_is_left_out(clock):
    stopwatch = Stopwatch()
    clock.now += 2
    assert stopwatch.lap() == (2.0, 0.0)
    clock.now += 60
    stopwatch.restart()
    clock.now += 4
    assert stopwatch.lap() == (4.0, 0.0)


def test_without_a_peak_there_is_no_utilisation(clock):
    stopwatch = Stopwatch()
    clock.now += 1
    assert record_of_update(1, metrics(), stopwatch, 1000, None).utilisation is None


def test_a_skipped_update_is_named_with_its_rows(clock):
    stopwatch = Stopwatch()
    clock.now += 1
    record = record_of_update(3, metrics(np.nan, 2), stopwatch, 1000, None)
    assert record.skipped
    assert describe_skipped(record, CONFIG) == "update 3 was skipped: loss nan, gradient norm 0.5, rows 16 to 23"
    assert str(divergence(record, 2, CONFIG)).startswith(
        "training has diverged: 2 updates in a row have a loss or gradient that is not finite (update 3 was skipped"
    )
