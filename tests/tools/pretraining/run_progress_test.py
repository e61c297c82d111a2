import io
import math
import re

import pytest
from agront_train import StepRecord
from pretraining import RunProgress
from rich.console import Console


def record(step, *, loss=8.125, **measured):
    values = {"learning_rate": 1e-4, "grad_norm": 0.5, "tokens_per_second": 1500.0, **measured}
    return StepRecord(step=step, loss=loss, **values)


def lines_shown(records, *, terminal, width=120, steps=10, resume_at=3):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=width, color_system=None, legacy_windows=False)
    bar = RunProgress(console, steps=steps, resume_at=resume_at)
    for entry in records:
        bar.record(entry)
    bar.close()
    shown = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", console.file.getvalue())  # without what moves the cursor
    return [line.rstrip() for line in shown.splitlines() if line.strip()]


def test_a_terminal_shows_step_loss_held_out_rate_and_time_left():
    *_, bar, names, values = lines_shown([record(4), record(5, held_out_loss=7.25)], terminal=True)
    assert "5/10" in bar
    assert bar.endswith(" left")
    assert names.split("  ")[-1] == "gradient norm"
    assert names.split() == ["loss", "held-out", "tokens/s", "learning", "rate", "gradient", "norm"]
    assert values.split() == ["8.125", "7.250", "1,500", "1.00e-04", "0.5"]


def test_before_the_first_update_nothing_is_claimed():
    *_, bar, _, values = lines_shown([], terminal=True)
    assert "3/10" in bar
    assert bar.endswith("starting")
    assert set(values.split()) == {"–"}


EVERYTHING = {"held_out_loss": 7.25, "data_wait": 0.034, "utilisation": 0.4321}


@pytest.mark.parametrize("width", [30, 60, 80, 100, 140])
def test_no_line_is_longer_than_the_terminal_is_wide(width):
    entries = [record(100_001, loss=math.nan, skipped=True), record(100_002, **EVERYTHING)]
    lines = lines_shown(entries, terminal=True, width=width, steps=315_000, resume_at=100_000)
    assert max(map(len, lines)) <= width
    names, values = lines[-2:]
    assert names.split()[0] == "loss"
    assert values.split()[0] == "8.125"
    if width >= 80:
        assert "skipped  data wait  of peak" in names
        assert values.split()[3:6] == ["1", "3%", "43%"]


def test_a_file_gets_plain_lines():
    entries = [
        record(4),
        record(5),
        record(6, **EVERYTHING),
        record(7, loss=math.nan, grad_norm=math.inf, skipped=True),
    ]
    lines = lines_shown([*entries, record(8, held_out_loss=7.0)], terminal=False)
    lines = [line.rsplit("  ", 1) for line in lines]
    assert [numbers for numbers, _ in lines] == [
        "step 6/10  loss 8.125  held-out 7.250  tokens/s 1,500  data wait 3%  of peak 43%  learning rate 1.00e-04  "
        "gradient norm 0.5",
        "step 8/10  loss 8.125  held-out 7.000  tokens/s 1,500  skipped 1  data wait 3%  of peak 43%  "
        "learning rate 1.00e-04  gradient norm 0.5",
    ]
    assert [left for _, left in lines] == ["0:00:00 left"] * 2


def test_numbers_are_means_of_the_last_twenty_updates_without_the_first_speed():
    entries = [record(step, loss=float(step), tokens_per_second=100.0 * step) for step in range(1, 6)]
    (line,) = lines_shown([*entries[:-1], record(5, loss=5.0, tokens_per_second=500.0, held_out_loss=7.0)],
                          terminal=False, resume_at=0)  # fmt: skip
    assert "loss 3.000  " in line  # of 1 to 5
    assert "tokens/s 350  " in line  # of 200 to 500
    entries = [record(step, loss=float(step)) for step in range(1, 101)]
    (line,) = lines_shown([*entries, record(101, loss=101.0, held_out_loss=7.0)], terminal=False, steps=200)
    assert "loss 91.500  " in line  # of 82 to 101


def test_a_note_keeps_words_and_paths_whole():
    console = Console(file=io.StringIO(), force_terminal=True, width=40)
    bar = RunProgress(console, steps=10)
    path = "runs/" + "x" * 60 + "/checkpoints/7"
    bar.note(f"the checkpoint is damaged and was set aside: {path} [bold]")
    bar.close()
    shown = console.file.getvalue()
    assert path in shown
    assert "damaged" in shown
    assert "[bold]" in shown


def measured(*, terminal):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100, color_system=None, legacy_windows=False)
    bar = RunProgress(console, steps=10)
    bar.record(record(1))
    bar.measuring(2, 7)
    bar.close()
    shown = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", console.file.getvalue())
    return [line.rstrip() for line in shown.splitlines() if line.strip()]


def test_a_terminal_shows_that_held_out_rows_are_measured_and_how_far():
    training, measuring, *_ = measured(terminal=True)[-4:]
    assert training.startswith("training")
    assert measuring.startswith("measuring")
    assert "2/7" in measuring
    assert measuring.endswith("held-out batches")
    # After the next update the line is gone.
    *_, last = lines_shown([record(4)], terminal=True)[-3:]
    assert "measuring" not in last


def test_elsewhere_a_line_says_so_after_ten_seconds(monkeypatch):
    monkeypatch.setattr("pretraining.run_progress.PLAIN_LINE_SECONDS", -1.0)
    assert measured(terminal=False)[-1] == "step 2/10  measuring held-out rows: batch 2 of 7"
