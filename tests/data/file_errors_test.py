import errno
import os

import pytest
from agront_data.file_errors import file_error_in_words


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "x", "a.npz"), "a.npz: no space left on device; make room there, or name another place"),
        (OSError(errno.ENOSPC, "x"), "no space left on device; make room there, or name another place"),
        (OSError(errno.EROFS, "x", "/a/b"), "/a/b: read-only file system; name a place that can be written to"),
        (OSError(errno.EFBIG, "x", "a"), "a: file too large"),
        (OSError(errno.EBADF, "x", 3), "bad file descriptor"),
        (FileNotFoundError("rice.fa: no such file; check the path"), "rice.fa: no such file; check the path"),
        (ValueError("[Errno 1] is what the file says"), "[Errno 1] is what the file says"),
    ],
)
def test_what_the_system_says_gets_a_path_and_a_remedy(error, expected):
    assert file_error_in_words(error) == expected


def test_real_errors_name_the_file_that_the_user_knows(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.partial").touch()
    with pytest.raises(IsADirectoryError) as found:
        os.replace(tmp_path / "folder.partial", tmp_path / "folder")
    assert file_error_in_words(found.value) == f"{tmp_path}/folder: is a directory; name a file, not a folder"
    with pytest.raises(FileNotFoundError) as found:
        (tmp_path / os.fsdecode(b"\xfc")).open()
    assert file_error_in_words(found.value) == rf"{tmp_path}/\xfc: no such file or directory; check the path"
