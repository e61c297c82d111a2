import io

from agront_train import ProgressBar, StepRecord
from rich.console import Console


def record(step, held_out_loss=None):
    return StepRecord(
        step=step, loss=8.125, learning_rate=1e-4, grad_norm=0.5, tokens_per_second=1500.0, held_out_loss=held_out_loss
    )


def test_a_terminal_shows_step_loss_held_out_rate_and_time_left():
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    bar = ProgressBar(console, steps=10, resume_at=3)
    for step in (4, 5):
        bar.record(record(step, held_out_loss=7.25))
    bar.note("resumed at update 3 of 10")
    bar.close()
    shown = console.file.getvalue()
    for text in ("5/10", "loss 8.125", "held-out 7.250", "1,500 tokens/s", "resumed at update 3 of 10", "0:"):
        assert text in shown


def test_a_file_gets_plain_lines():
    console = Console(file=io.StringIO(), force_terminal=False, width=120)
    bar = ProgressBar(console, steps=10)
    bar.record(record(1))
    bar.record(record(2))
    bar.record(record(3, held_out_loss=7.25))
    bar.close()
    lines = [line for line in console.file.getvalue().splitlines() if line]
    assert lines == ["step 3/10  loss 8.125  held-out 7.250  1,500 tokens/s  0:00:00 left"]
