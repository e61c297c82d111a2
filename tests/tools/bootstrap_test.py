"""Tools on a Python that has nothing, and how they look to it."""

import ast
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
SCRIPTS = sorted(TOOLS.glob("*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_python_without_the_packages_gets_one_sentence(script):
    # -S leaves out what is installed beside the Python; -E what the environment adds.
    ended = subprocess.run([sys.executable, "-E", "-S", script, "--help"], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (1, "")
    sentence = re.fullmatch(r"error No module named '\w+': this Python \((.*), 3\.\d+\.\S+\) lacks .*\n", ended.stderr)
    assert sentence, ended.stderr
    assert sentence[1] == sys.executable
    assert f"give `make install` in {TOOLS.parent}, then `" in ended.stderr
    assert f"{TOOLS.parent}/.venv/bin/python {script} …`" in ended.stderr


def test_each_script_can_be_started_by_its_name():
    assert [script.name for script in SCRIPTS if not os.access(script, os.X_OK)] == []
    assert {script.read_text().partition("\n")[0] for script in SCRIPTS} == {"#!/usr/bin/env python3"}


def test_nothing_that_an_old_python_lacks_comes_before_the_sentence():
    for script in SCRIPTS:
        body = ast.parse(script.read_text()).body
        first = next(node for node in body if isinstance(node, (ast.Import, ast.ImportFrom)))
        assert isinstance(first, ast.Import)
        assert first.names[0].name == "bootstrap", script
    # The whole of a script is parsed before its first line runs.
    for file in (*SCRIPTS, TOOLS / "bootstrap" / "__init__.py"):
        ast.parse(file.read_text(), str(file), feature_version=(3, 6))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import bootstrap, no_such_package", "error No module named 'no_such_package'"),
        ("import bootstrap; raise ImportError('libx.so.1: cannot open')", "error libx.so.1: cannot open: this Python"),
        ("import bootstrap; 1 / 0", "Traceback"),
    ],
)
def test_a_library_that_cannot_be_loaded_is_named_and_all_else_left_to_python(code, said):
    ended = subprocess.run([sys.executable, "-S", "-c", code], cwd=TOOLS, capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith(said)


def test_ctrl_c_while_packages_are_loaded_needs_no_words():
    code = "import bootstrap; raise KeyboardInterrupt"
    ended = subprocess.run([sys.executable, "-S", "-c", code], cwd=TOOLS, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_signs_that_a_terminal_lacks_are_replaced(encoding):
    code = "import bootstrap, sys; print('a – b'); print('a – b', file=sys.stderr)"
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    ended = subprocess.run([sys.executable, "-S", "-c", code], cwd=TOOLS, capture_output=True, env=environment)
    expected = "a – b\n".encode(encoding, "replace")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, expected, expected)
