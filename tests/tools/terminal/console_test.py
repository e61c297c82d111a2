"""Standard output that cannot be written: a job goes on without it, a tool that only shows something fails."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import errors_as_sentences, make_console

TOOLS = Path(__file__).parents[3] / "tools"
FULL = Path("/dev/full")  # every write to it fails with ENOSPC


def show(shows_result, **where):
    """A tool that shows a thousand lines and then says on standard error that it has come to its end."""
    code = (
        "import bootstrap, sys\n"
        "from terminal import errors_as_sentences, make_console\n"
        f"console = make_console(shows_result={shows_result})\n"
        "with errors_as_sentences(''):\n"
        "    for number in range(1000): console.print('a line that is long enough to fill what waits', number)\n"
        "    print('end', file=sys.stderr)\n"
    )
    return subprocess.Popen([sys.executable, "-c", code], cwd=TOOLS, stderr=subprocess.PIPE, text=True, **where)


@pytest.mark.parametrize(("shows_result", "said", "status"), [(False, "end\n", 0), (True, "", 1)])
def test_a_pipe_that_nobody_reads_ends_a_job_never_and_what_is_only_shown_in_silence(shows_result, said, status):
    tool = show(shows_result, stdout=subprocess.PIPE)
    tool.stdout.close()
    assert (tool.stderr.read(), tool.wait()) == (said, status)


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize(
    ("shows_result", "said", "status"),
    [
        (False, "end\n", 0),
        (True, "error standard output cannot be written: No space left on device; make room\n", 1),
    ],
)
def test_a_full_disk_under_standard_output(shows_result, said, status):
    with FULL.open("w") as full:
        tool = show(shows_result, stdout=full)
        assert (tool.stderr.read(), tool.wait()) == (said, status)


def help_of(tool, **where):
    return subprocess.Popen([sys.executable, TOOLS / tool, "--help"], stderr=subprocess.PIPE, text=True, **where)


@pytest.mark.skipif(not FULL.exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("tool", ["prepare_data.py", "plan.py"])
def test_a_help_that_cannot_be_written_is_a_sentence(tool):
    with FULL.open("w") as full:
        process = help_of(tool, stdout=full)
        assert (process.stderr.read(), process.wait()) == (
            "error no space left on device; make room there, or name another place\n",
            1,
        )


@pytest.mark.parametrize("tool", ["prepare_data.py", "plan.py"])
def test_a_help_that_nobody_reads_ends_in_silence(tool):
    process = help_of(tool, stdout=subprocess.PIPE)
    process.stdout.close()
    assert (process.stderr.read(), process.wait()) == ("", 1)


def test_a_file_has_no_edge_and_a_terminal_its_own(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(sys, "stdout", shown)
    console = make_console()
    assert console.width == 200
    console.print("x" * 150)
    make_console(quiet=True).print("nothing")
    assert shown.getvalue() == "x" * 150 + "\n"


def test_without_any_standard_output_nothing_is_shown(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    make_console().print("nothing")


def test_names_with_colons_are_no_emoji(capsys):
    make_console().print("store st:cat:z")
    with pytest.raises(SystemExit), errors_as_sentences(""):
        raise ValueError("h100:-1: say how many")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("store st:cat:z\n", "error h100:-1: say how many\n")
