import sys
from pathlib import Path

from terminal import shell_command, with_option


def test_a_command_can_be_pasted_into_a_shell(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    command = shell_command(tmp_path / "tools" / "pretrain.py", "demo", "--data", Path("my store"))
    assert command == ".venv/bin/python tools/pretrain.py demo --data 'my store'"


def test_what_lies_elsewhere_keeps_its_whole_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    assert shell_command("/opt/agront/pretrain.py") == "/usr/bin/python3 /opt/agront/pretrain.py"


def test_an_option_is_set_once():
    arguments = ["demo", "--train.steps", "4", "--run", "r", "--train.steps=5"]
    assert with_option(arguments, "--train.steps", "8") == ["demo", "--run", "r", "--train.steps", "8"]
