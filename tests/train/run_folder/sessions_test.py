import datetime
import json
import os
import platform
import subprocess
from pathlib import Path

import jax
import numpy as np
import pytest
from agront_train.run_folder.sessions import git_state, write_session


def write(run, resume_at=0):
    write_session(
        run,
        {"model": {"num_layers": 3}, "run": run},
        command="tools/pretrain.py demo --data 'my store'",
        code=Path(__file__),
        distributions=("agront-train", "jax", "numpy", "no-such-distribution"),
        fingerprints={"store": "abc", "initial parameters": None},
        devices=jax.devices()[:2],
        resume_at=resume_at,
    )


def sessions(run):
    return [json.loads(line) for line in (run / "sessions.jsonl").read_text().splitlines()]


def test_a_session_says_what_it_takes_to_repeat_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XLA_SOMETHING", "1")
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    write(tmp_path)
    (session,) = sessions(tmp_path)
    assert before <= datetime.datetime.fromisoformat(session["begun"]) <= datetime.datetime.now(datetime.UTC)
    assert session["command"] == "tools/pretrain.py demo --data 'my store'"
    assert session["folder"] == os.getcwd()
    assert session["experiment"]["model"]["num_layers"] == 3
    assert session["experiment"]["run"] == str(tmp_path)
    assert session["fingerprints"] == {"store": "abc", "initial parameters": None}
    assert session["devices"] == {"cpu": 2}
    assert session["processes"] == 1
    assert session["resume_at"] == 0
    assert (session["host"], session["python"]) == (platform.node(), platform.python_version())
    assert session["versions"]["jax"] == jax.__version__
    assert session["versions"]["numpy"] == np.__version__
    assert [name for name, version in session["versions"].items() if version is None] == ["no-such-distribution"]
    assert session["environment"]["XLA_SOMETHING"] == "1"
    assert all(name.startswith(("JAX_", "XLA_")) for name in session["environment"])


def test_each_session_has_its_line(tmp_path):
    write(tmp_path)
    write(tmp_path, resume_at=250)
    assert [session["resume_at"] for session in sessions(tmp_path)] == [0, 250]


def git(folder, *arguments):
    options = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.org")
    return subprocess.run(
        ["git", "-C", folder, *options, *arguments], capture_output=True, text=True, check=True
    ).stdout


def test_the_revision_and_whether_a_file_differs_from_it(tmp_path):
    repository = tmp_path / "repository"
    (repository / "tools").mkdir(parents=True)
    git(repository, "init")
    (repository / "tools" / "a.py").write_text("1\n")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "one")
    revision = git(repository, "rev-parse", "HEAD").strip()
    assert len(revision) == 40
    assert git_state(repository / "tools") == {"revision": revision, "differs": False}
    (repository / "tools" / "a.py").write_text("2\n")
    assert git_state(repository / "tools") == {"revision": revision, "differs": True}


@pytest.mark.parametrize("path", [None, ""])
def test_outside_git_or_without_it_there_is_no_revision(tmp_path, monkeypatch, path):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    if path is not None:
        monkeypatch.setenv("PATH", path)
    (tmp_path / "folder").mkdir()
    assert git_state(Path(tmp_path / "folder")) is None
