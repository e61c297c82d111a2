import errno
import os

import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread
from pictures.picture_file import save_picture


def test_a_picture_is_written_over_an_older_one(tmp_path):
    (tmp_path / "a.png").write_text("older")
    save_picture(Figure(figsize=(2, 1)), tmp_path / "a.png", dpi=50)
    assert imread(tmp_path / "a.png").shape == (50, 100, 4)


@pytest.mark.parametrize(
    ("options", "remedy"),
    [((), "make room, or name another file"), (("--plot",), "make room, or name another file with --plot")],
)
def test_on_a_full_disk_the_picture_and_its_option_are_named(options, remedy, tmp_path, monkeypatch):
    def fail(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="cannot be written") as raised:
        save_picture(Figure(), tmp_path / "a.png", *options)
    expected = f"the picture {tmp_path / 'a.png'} cannot be written (No space left on device); {remedy}"
    assert str(raised.value) == expected
    assert list(tmp_path.iterdir()) == []
