import io

from rich.console import Console
from terminal import RowsBar, rows_bar


def test_a_pipe_gets_a_line_now_and_then(monkeypatch):
    now = iter([0.0, 100.0, 101.0, 120.0, 121.0, 140.0])
    monkeypatch.setattr(rows_bar.time, "monotonic", lambda: next(now))
    out = io.StringIO()
    with RowsBar(Console(file=out), "embedding", "sequences", num_rows=1000, num_tokens=100_000, speed="tokens") as bar:
        bar.found(500, 50_000)  # at 100 s: what was found says nothing of the speed
        bar.computed(10, 1_000)
        bar.computed(90, 9_000)  # at 120 s: 10,000 tokens in 20 s; 40,000 are left
        bar.computed(10, 1_000)
        bar.computed(90, 9_000)
    assert out.getvalue().splitlines() == [
        "600/1,000 sequences  500 tokens/s  0:01:20 left",
        "700/1,000 sequences  500 tokens/s  0:01:00 left",
    ]


def test_a_terminal_gets_a_bar():
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=100)
    with RowsBar(console, "scoring", "variants", num_rows=10, num_tokens=100) as bar:
        bar.computed(4, 50)
        bar._progress.refresh()
        assert "4/10 variants" in out.getvalue()
