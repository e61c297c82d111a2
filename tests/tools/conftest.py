"""What the tests of the command-line tools share: a way to call a tool as a user does, and small genomes."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

TOOLS = Path(__file__).parents[2] / "tools"
sys.path.insert(0, str(TOOLS))  # as for `python tools/pretrain.py`, so that `presets` is found


class Outcome(NamedTuple):
    """How a tool ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run_tool(monkeypatch, capsys) -> Callable[..., Outcome]:
    """Call a tool's `main` with a command line. What it does not turn into an exit code fails the test."""

    def run(main, *arguments) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["tool", *map(str, arguments)])
        monkeypatch.setenv("SLURM_NTASKS", "1")  # JAX runs already: too late to look for a cluster
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        return Outcome(code, *capsys.readouterr())

    return run
