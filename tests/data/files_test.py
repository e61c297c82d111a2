import errno
import fcntl
import os
import warnings
from pathlib import Path

import pytest
from agront_data.files import (
    NoFileLocksWarning,
    check_can_write,
    check_new_file,
    is_at,
    open_locked,
    open_whole,
    sync_folder,
    write_whole,
)


def test_a_file_is_replaced_in_one_go(tmp_path, monkeypatch):
    def fail(_):
        raise OSError("disk full")

    path = tmp_path / "numbers.json"
    write_whole(path, "old")
    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="disk full"):
            write_whole(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["numbers.json"]
    write_whole(path, "maïs".encode())
    assert path.read_text(encoding="utf-8") == "maïs"
    assert [file.name for file in tmp_path.iterdir()] == ["numbers.json"]


def test_a_text_file_gets_its_name_when_all_is_written(tmp_path):
    with open_whole(tmp_path / "a.tsv") as file:
        file.write("maïs\n")
        assert not (tmp_path / "a.tsv").exists()
    assert (tmp_path / "a.tsv").read_bytes() == "maïs\n".encode()
    assert [path.name for path in tmp_path.iterdir()] == ["a.tsv"]


@pytest.mark.parametrize("error", [OSError("No space left on device"), KeyboardInterrupt(), ValueError("bad")])
def test_a_text_file_that_is_not_finished_is_removed(error, tmp_path):
    def write_half():
        with open_whole(tmp_path / "a.tsv") as file:
            file.write("half of it")
            raise error

    with pytest.raises(type(error)):
        write_half()
    assert list(tmp_path.iterdir()) == []


def test_what_appears_meanwhile_is_not_written_over(tmp_path):
    with pytest.raises(OSError, match="cannot be written: it has appeared meanwhile"), open_whole(tmp_path / "a.tsv"):
        (tmp_path / "a.tsv").write_text("theirs")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.tsv", "theirs")]


def test_a_file_is_locked_once(tmp_path):
    path = tmp_path / "lock"
    descriptor = open_locked(path)
    with pytest.raises(BlockingIOError):
        open_locked(path)
    assert is_at(descriptor, path)
    os.close(descriptor)
    os.close(open_locked(path))


def test_a_lock_on_a_file_that_was_replaced_locks_nothing(tmp_path):
    path = tmp_path / "lock"
    old = open_locked(path)
    path.unlink()
    assert not is_at(old, path)
    new = open_locked(path)  # on the file that is there now
    assert is_at(new, path)
    os.close(old)
    os.close(new)


def test_a_place_that_can_be_written_to_is_left_as_it_was(tmp_path):
    (tmp_path / "store").mkdir()
    check_can_write("--out", tmp_path / "a.parquet")
    check_can_write("--out", tmp_path / "store")
    check_can_write("--run", tmp_path / "new" / "folder" / "run", as_folder=True)
    assert [path.name for path in tmp_path.rglob("*")] == ["store"]


def test_an_output_that_could_not_be_written_is_refused_before_the_work(tmp_path):
    with pytest.raises(ValueError, match=r"--out is .*nowhere/a: there is no folder .*nowhere; make it first"):
        check_can_write("--out", tmp_path / "nowhere" / "a")
    with pytest.raises(ValueError, match=r"--out is /proc/a.tsv: nothing can be written to /proc"):
        check_can_write("--out", Path("/proc/a.tsv"))
    with pytest.raises(ValueError, match=r"--run is /proc/a/run: nothing can be written to /proc"):
        check_can_write("--run", Path("/proc/a/run"), as_folder=True)
    longest = os.pathconf(tmp_path, "PC_NAME_MAX")
    (tmp_path / ("n" * longest)).touch()
    with pytest.raises(ValueError, match=r"an unfinished file has a longer name; give one of 2[34][0-9] bytes"):
        check_can_write("--out", tmp_path / ("n" * (longest - 1)))
    with pytest.raises(ValueError, match=r"--out is .*n: it is a file; name a new folder"):
        check_can_write("--out", tmp_path / ("n" * longest), as_folder=True)
    with pytest.raises(ValueError, match=r"an unfinished file has a longer name"):
        check_can_write("--out", tmp_path / ("n" * (longest + 1)))
    (tmp_path / "a.tsv").touch()
    with pytest.raises(ValueError, match=r"--out .*a.tsv is there already: name another file"):
        check_new_file("--out", tmp_path / "a.tsv")


def lock_of_nfs(descriptor, operation):
    """flock(2), "NFS details": an exclusive lock needs a file that is open for writing."""
    if operation & fcntl.LOCK_EX and fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def test_an_output_whose_name_is_not_utf_8_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"r\\xfcn: this path is not text in UTF-8"):
        check_can_write("--run", tmp_path / os.fsdecode(b"r\xfcn"), as_folder=True)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_on_nfs_is_had(tmp_path, monkeypatch):
    monkeypatch.setattr(fcntl, "flock", lock_of_nfs)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        os.close(open_locked(tmp_path / "lock"))


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named_and_its_file_opened(tmp_path, monkeypatch, number):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.warns(NoFileLocksWarning) as said:
        descriptor = open_locked(tmp_path / "lock")
    assert is_at(descriptor, tmp_path / "lock")
    assert os.write(descriptor, b"1") == 1
    os.close(descriptor)
    (sentence,) = [str(warning.message) for warning in said]
    assert sentence.startswith(f"{tmp_path}: this file system has no locks ({os.strerror(number)}): ")
    assert "no second process writes there" in sentence
    assert "-o flock" in sentence


def test_another_failure_of_a_lock_is_an_error(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(OSError, match="Input/output error"):
        open_locked(tmp_path / "lock")


def test_a_file_system_that_flushes_no_folders_is_left_alone(tmp_path, monkeypatch):
    def fail(_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    number = errno.EINVAL  # as network drives answer
    sync_folder(tmp_path)
    number = errno.EIO
    with pytest.raises(OSError, match="Input/output error"):
        sync_folder(tmp_path)


def test_a_device_is_not_replaced_by_a_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="it is a device or a pipe, which a file would take the place of"):
        check_can_write("--out", tmp_path / "pipe")
