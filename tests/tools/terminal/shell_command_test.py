import sys
from pathlib import Path

import pytest
from terminal import shell_command, with_option
from terminal.shell_command import given_arguments


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


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("~/store", "/home/mendel/store"),
        ("~", "/home/mendel"),
        ("--out=~/x.parquet", "/home/mendel/x.parquet"),
        ("--train.run=~", "/home/mendel"),
        ("rice=~/genomes/rice.fa", "/home/mendel/genomes/rice.fa"),
        ("~nobody-of-this-name/x", None),
        ("./~/store", None),
        ("a~/store", None),
        ("ACCTGA<mask>", None),
        ("s3://bucket/~/x", None),
        ("--out=a=~/x", None),
    ],
)
def test_a_tilde_is_the_home_folder_also_after_an_equals_sign(given, expected, monkeypatch):
    monkeypatch.setenv("HOME", "/home/mendel")
    monkeypatch.setattr(sys, "argv", ["tool.py", given])
    before, equals, _ = given.partition("=")
    assert given_arguments() == [given if expected is None else f"{before}=" * bool(equals) + expected]
