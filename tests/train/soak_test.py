"""A run that is killed again and again ends as one that was left alone, bit for bit."""

import random
import signal
import time

import numpy as np
import pytest
from agront_train import read_metrics
from toy_hosts import kill, outcome, start

STEPS = 150
SHARE_OF_TIME = ("tokens_per_second", "data_wait")


def being_written(run):
    return [path for path in (run / "checkpoints").glob("*") if not path.name.isdigit()]


def records(run):
    """All that was recorded, but for the speed."""
    lines = read_metrics(run / "metrics.jsonl")
    return [{name: value for name, value in line.items() if name not in SHARE_OF_TIME} for line in lines]


def disturb(run, log, options, chance, way):
    """Start the run, or go on with it, and end it: some updates later, in a write, or at any moment; what happened."""
    host = start(run, log, *options)
    if way == "at any moment":  # as a rule before the first update
        time.sleep(chance.uniform(0, 5))
    else:
        begin = host.wait_for_first_update()
        if begin + 5 < STEPS:
            host.wait_for_update(begin + chance.randrange(1, 6))
        if way == "in a write":
            host.wait_until(lambda: being_written(run))
        time.sleep(chance.uniform(0, 0.05))
    if way == "asked to stop":
        host.signal(signal.SIGTERM)
        assert host.end() == 0, host.said
        return f"stopped with checkpoint {max(int(path.name) for path in (run / 'checkpoints').iterdir())}"
    assert host.process.poll() is None, host.said
    kill(host)
    return f"killed {way}" if way != "in a write" or being_written(run) else "killed just after a write"


@pytest.mark.slow
def test_thirty_kills_change_nothing(tmp_path):
    options = ("--steps", STEPS)
    chance = random.Random(0)
    run, happened = tmp_path / "disturbed", []
    ways = ["in a write", "asked to stop", "some updates later", "at any moment", "in a write"]
    for number in range(30):
        happened.append(disturb(run, tmp_path / f"{number}.log", options, chance, ways[number % len(ways)]))
        print(number + 1, happened[-1], sorted(path.name for path in (run / "checkpoints").glob("*")))
    for name in ("disturbed", "undisturbed"):
        host = start(tmp_path / name, tmp_path / f"{name}.log", *options, "--out", tmp_path / f"{name}.npz")
        assert host.end() == 0, host.said
    disturbed, undisturbed = (outcome(tmp_path / f"{name}.npz") for name in ("disturbed", "undisturbed"))
    assert int(disturbed.leaves[0]) == STEPS
    for leaf, expected in zip(disturbed.leaves, undisturbed.leaves, strict=True):
        np.testing.assert_array_equal(leaf, expected)
    np.testing.assert_array_equal(disturbed.loss, undisturbed.loss)
    # Who is asked to stop has little time, and leaves out a measurement that is due.
    stops = [int(text.rpartition(" ")[2]) for text in happened if text.startswith("stopped")]
    found, expected = records(run), records(tmp_path / "undisturbed")
    for step in stops:
        for lines in (found, expected):
            for name in ("held_out_loss", "held_out_rows"):
                lines[step - 1].pop(name, None)
    assert found == expected
    assert [record["step"] for record in expected] == list(range(1, STEPS + 1))
    assert not (run / "rejected_checkpoints").exists()
    assert happened.count("killed in a write") >= 8
    assert len(stops) == 6
