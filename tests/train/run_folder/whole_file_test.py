import os

import pytest
from agront_train.run_folder import write_whole


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
    write_whole(path, b"new")
    assert path.read_text() == "new"
    assert [file.name for file in tmp_path.iterdir()] == ["numbers.json"]
