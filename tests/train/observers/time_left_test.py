import pytest
from agront_train.observers import TimeLeft


class Clock:
    """Updates of given durations, one after another."""

    def __init__(self, steps, resume_at=0):
        self.now, self.step = 1000.0, resume_at
        self.left = TimeLeft(steps, resume_at=resume_at, now=self.now)

    def update(self, *durations):
        for duration in durations:
            self.now += duration
            self.step += 1
            self.left.update(self.step, self.now)

    @property
    def seconds(self):
        return self.left.seconds(self.now)


def test_compilation_and_resuming_do_not_count():
    clock = Clock(steps=1000, resume_at=900)
    assert clock.seconds is None
    clock.update(300.0)
    assert clock.seconds is None
    clock.update(2.0)
    assert clock.seconds == pytest.approx(98 * 2.0)


def test_recent_speed_counts():
    clock = Clock(steps=1000)
    clock.update(*[2.0] * 101, *[4.0] * 100)
    assert clock.seconds == pytest.approx(799 * 4.0)


def test_evaluations_are_spread_over_what_is_left_and_the_first_of_them_is_not():
    clock = Clock(steps=1000)
    clock.update(30.0, *[1.0] * 99, 61.0)  # the evaluation compiles
    assert clock.seconds == pytest.approx(899 * 1.0)
    clock.update(*[1.0] * 99, 21.0)
    # 20 seconds in 100 updates.
    assert clock.seconds == pytest.approx(799 * 1.2)


def test_between_updates_the_time_goes_down_by_one_update_at_most():
    clock = Clock(steps=100)
    clock.update(5.0, 2.0, 2.0)
    assert clock.left.seconds(clock.now + 0.5) == pytest.approx(97 * 2.0 - 0.5)
    assert clock.left.seconds(clock.now + 60.0) == pytest.approx(96 * 2.0)


def test_nothing_is_left_at_the_end():
    assert Clock(steps=5, resume_at=5).seconds == 0.0
