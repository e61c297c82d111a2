import math

from agront_train import StepRecord
from agront_train.observers import RecentUpdates


def record(step, loss, speed):
    return StepRecord(step=step, loss=loss, learning_rate=1e-4, grad_norm=0.5, tokens_per_second=speed)


def test_means_are_of_the_last_updates():
    recent = RecentUpdates(3)
    assert (recent.last, recent.mean("loss")) == (None, None)
    for step in range(1, 6):
        recent.add(record(step, float(step), 100.0 * step))
    assert recent.last.step == 5
    assert (recent.mean("loss"), recent.mean("tokens_per_second")) == (4.0, 400.0)
    assert recent.mean("utilisation") is None


def test_the_first_speed_and_what_is_not_finite_do_not_count():
    recent = RecentUpdates(20)
    recent.add(record(1, 8.0, 1.0))
    assert recent.mean("tokens_per_second") is None
    recent.add(record(2, math.nan, 100.0))
    recent.add(record(3, 6.0, 300.0))
    assert (recent.mean("loss"), recent.mean("tokens_per_second")) == (7.0, 200.0)
