import os
import socket

import pytest
from agront_data.path_checks import check_name_is_text, check_rereadable, shown


def test_files_and_what_is_not_there_pass(tmp_path):
    (tmp_path / "a.fa").touch()
    for path in (tmp_path / "a.fa", tmp_path, tmp_path / "gone", os.devnull, "gs://bucket/store"):
        check_rereadable(path)


def test_what_gives_its_contents_only_once_is_refused(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(
        ValueError, match=r"fifo: is a pipe, and this job reads its input more than once.* write it to a file first"
    ):
        check_rereadable(tmp_path / "fifo")
    with pytest.raises(ValueError, match="/dev/zero: is a device"):
        check_rereadable("/dev/zero")
    reader, writer = os.pipe()
    try:
        with pytest.raises(ValueError, match=f"/dev/fd/{reader}: is a pipe"):  # as the shell's <(...)
            check_rereadable(f"/dev/fd/{reader}")
    finally:
        os.close(reader)
        os.close(writer)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket"))  # the name of a socket may have 107 bytes
        with pytest.raises(ValueError, match="socket: is a socket"):
            check_rereadable(tmp_path / "socket")


def test_a_name_that_is_not_utf_8_is_shown_and_refused():
    path = os.fsdecode(b"/data/gr\xfcn.store")
    assert shown(path) == r"/data/gr\xfcn.store"
    assert shown("/data/grün") == "/data/grün"
    check_name_is_text("/data/grün/小麦.store")
    with pytest.raises(ValueError, match=r"^/data/gr\\xfcn\.store: this path is not text in UTF-8"):
        check_name_is_text(path)
