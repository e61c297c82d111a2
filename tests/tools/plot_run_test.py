import json

import plot_run
import pytest
from matplotlib.image import imread


@pytest.fixture
def make_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def make(name, updates=30, end=""):
        (tmp_path / name).mkdir(parents=True)
        lines = [json.dumps({"step": step, "loss": 8.0, "learning_rate": 1e-4}) for step in range(1, updates + 1)]
        (tmp_path / name / "metrics.jsonl").write_text("".join(f"{line}\n" for line in lines) + end)
        return name

    return make


def test_one_run_and_several_are_drawn(make_run, run_tool, tmp_path):
    assert run_tool(plot_run.main, make_run("a")) == (0, "drawn to loss.png\n", "")
    assert run_tool(plot_run.main, "a", make_run("b"), "--out", "two.png").code == 0
    assert imread(tmp_path / "loss.png").shape == imread(tmp_path / "two.png").shape == (840, 1080, 4)


def test_no_run_at_all_is_a_wrong_command_line(make_run, run_tool):
    outcome = run_tool(plot_run.main)
    assert (outcome.code, outcome.out) == (2, "")
    assert "no run was given: name the folders of one or several" in outcome.err


def test_a_last_line_that_is_cut_short_is_left_out(make_run, run_tool):
    assert run_tool(plot_run.main, make_run("a", end='{"step": 31, "lo')).code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a", "nowhere"), "nowhere is no run of tools/pretrain.py: it holds no metrics.jsonl"),
        (("a", "folder"), "folder is no run of tools/pretrain.py: it holds no metrics.jsonl"),
        (("a", "fresh"), "fresh has made no update yet"),
        (("a", "cut"), "metrics.jsonl holds no update"),
        (("broken",), "metrics.jsonl, line 31 is not JSON"),
        (("a", "./a"), "a is given twice"),
        (("a", "--out", "nowhere/loss.png"), "--out is nowhere/loss.png: there is no folder nowhere; make it first"),
        (("a", "--out", "folder"), "--out is folder: it is a folder; name a file that ends in .png"),
        (("a", "--out", "loss.svg"), "--out is loss.svg: name a file that ends in .png"),
    ],
)
def test_what_cannot_be_drawn_is_named_and_nothing_is_written(make_run, run_tool, tmp_path, arguments, message):
    (tmp_path / "folder").mkdir()
    make_run("a")
    make_run("fresh", updates=0)
    make_run("cut", updates=0, end='{"step": 1, "lo')
    make_run("broken", end='{"st\n{"step": 32}\n')
    outcome = run_tool(plot_run.main, *arguments)
    assert (outcome.code, outcome.out) == (1, "")
    assert message in outcome.err
    assert not list(tmp_path.rglob("*.png*"))
