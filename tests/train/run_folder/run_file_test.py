import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest
from agront_train.run_folder import open_run_folder


def test_a_folder_is_begun_once_and_then_recognised(tmp_path):
    run = tmp_path / "runs" / "first"
    for _ in range(2):
        with open_run_folder(run, {"width": 96}):
            pass
    with pytest.raises(ValueError, match="width: 96 there, 97 now"), open_run_folder(run, {"width": 97}):
        pass
    assert [file.name for file in run.iterdir()] == ["run.json"]


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("!")
    with pytest.raises(ValueError, match="not empty and holds no run"), open_run_folder(tmp_path, {}):
        pass
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]


def test_unreadable_settings_are_an_error_not_another_run(tmp_path):
    (tmp_path / "run.json").write_text('{"identity":')
    with pytest.raises(ValueError, match="cannot be read"), open_run_folder(tmp_path, {}):
        pass
    assert (tmp_path / "run.json").read_text() == '{"identity":'


def test_a_folder_is_held_once_at_a_time(tmp_path):
    # The lock is on an open file, not on a process: a second opening in this one is refused as another's is.
    run = tmp_path / "run"
    refused = pytest.raises(ValueError, match="another process trains in")
    with open_run_folder(run, {}), refused, open_run_folder(run, {}):
        pass
    with open_run_folder(tmp_path / "run", {}):
        pass


def test_what_a_kill_left_of_the_settings_is_written_anew(tmp_path):
    (tmp_path / "run.json.partial").write_text("{")
    with open_run_folder(tmp_path, {"width": 96}):
        assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


def lock_of_nfs(file, operation):
    """flock(2), "NFS details": an exclusive lock needs a file that is open for writing."""
    if operation & fcntl.LOCK_EX and fcntl.fcntl(file, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def test_a_folder_on_nfs_is_locked(tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", lock_of_nfs)
    for _ in range(2):
        with open_run_folder(tmp_path / "run", {"width": 96}) as unlocked:
            assert unlocked is None
    assert (tmp_path / "run" / "run.json").read_text() == '{\n  "identity": {\n    "width": 96\n  }\n}\n'


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_folder_without_locks_is_opened_and_a_sentence_says_so(tmp_path, monkeypatch, number):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", fail)
    with open_run_folder(tmp_path / "run", {}) as unlocked:
        assert unlocked.startswith(f"{tmp_path / 'run'}: this file system has no locks ({os.strerror(number)}): ")
        assert "no second process trains there" in unlocked
        assert "-o flock" in unlocked


TRAIN = """
import sys
from pathlib import Path
from toy_training import toy_train

toy_train(Path(sys.argv[1]))
"""


@pytest.mark.slow  # a process of its own
def test_a_run_is_made_where_there_are_no_locks(tmp_path, without_locks):
    tests = str(Path(__file__).parents[1])
    environment = {**without_locks, "PYTHONPATH": os.pathsep.join([tests, os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-c", TRAIN, tmp_path / "run"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "run" / "checkpoints").iterdir()) == ["15", "18", "20"]
    (note,) = (tmp_path / "run" / "notes.log").read_text().splitlines()
    assert f"  {tmp_path}/run: this file system has no locks (Function not implemented): " in note
