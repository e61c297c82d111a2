import os

import pytest
from agront_data.files import is_at, open_locked, open_whole, write_whole


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
