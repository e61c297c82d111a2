import os
import subprocess
import sys

import pytest
from agront_data.public_genomes.partial_file import PartialFile, RemoteVersion

VERSION = RemoteVersion(url="http://x/a", etag='"1"', last_modified="Sun, 06 Nov 1994 08:49:37 GMT", num_bytes=8)


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_came_is_there_at_the_next_opening(tmp_path):
    with PartialFile(tmp_path / "a") as part:
        assert (part.size, part.version) == (0, None)
        part.start(VERSION)
        part.append(b"ACGT")
    assert listing(tmp_path) == ["a.part", "a.part.json"]
    with PartialFile(tmp_path / "a") as part:
        assert (part.size, part.version) == (4, VERSION)
        part.append(b"TTTT")
        part.finish()
    assert listing(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"ACGTTTTT"


def test_starting_again_drops_what_was_there(tmp_path):
    with PartialFile(tmp_path / "a") as part:
        part.start(VERSION)
        part.append(b"ACGTACGT")
        part.start(RemoteVersion(url="http://y/a"))
        part.append(b"TT")
        assert part.size == 2
        part.finish()
    assert (tmp_path / "a").read_bytes() == b"TT"


def test_nothing_leaves_nothing(tmp_path):
    with PartialFile(tmp_path / "a") as part:
        part.start(VERSION)
    assert listing(tmp_path) == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"etag": 1}', '{"url": "u", "more": 1}'])
def test_a_version_that_cannot_be_read_is_not_known(content, tmp_path):
    (tmp_path / "a.part").write_bytes(b"ACGT")
    (tmp_path / "a.part.json").write_text(content)
    with PartialFile(tmp_path / "a") as part:
        assert (part.size, part.version) == (4, None)


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"ETag": '"1"', "Last-Modified": "then"}, '"1"'),
        ({"ETag": 'W/"1"', "Last-Modified": "then"}, "then"),
        ({"ETag": 'W/"1"'}, None),
        ({}, None),
    ],
)
def test_only_what_promises_equal_bytes_is_a_validator(headers, validator):
    assert RemoteVersion.from_headers("u", headers, 1).validator == validator


def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path):
    with PartialFile(tmp_path / "a") as part:
        part.start(VERSION)
        part.append(b"A")
        with pytest.raises(OSError, match=r"a\.part: another process is fetching this file; let it finish, or choose"):
            PartialFile(tmp_path / "a")
    with PartialFile(tmp_path / "a") as part:
        assert part.size == 1


def test_the_death_of_a_holder_lets_go(tmp_path):
    program = (
        "import os, pathlib, sys; from agront_data.public_genomes.partial_file import PartialFile, RemoteVersion; "
        "part = PartialFile(pathlib.Path(sys.argv[1])); part.start(RemoteVersion(url='u', etag='e')); "
        "part.append(b'ACG'); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program, tmp_path / "a"], check=False).returncode == -9
    with PartialFile(tmp_path / "a") as part:
        assert (part.size, part.version) == (3, RemoteVersion(url="u", etag="e"))


def test_a_holder_that_left_nothing_does_not_remove_the_next_ones_file(tmp_path):
    first = PartialFile(tmp_path / "a")
    (tmp_path / "a.part").unlink()
    with PartialFile(tmp_path / "a") as second:
        second.append(b"A")
        first.__exit__(None, None, None)
        assert (tmp_path / "a.part").exists()


def test_a_folder_that_cannot_be_written_to(tmp_path):
    with pytest.raises(OSError, match="absent"):
        PartialFile(tmp_path / "absent" / "a")


def test_a_failing_disk_keeps_what_came_before(tmp_path, monkeypatch):
    write = os.write

    def full(descriptor, data):
        if part.size >= 6:
            raise OSError(28, "No space left on device")
        return write(descriptor, data[:3])  # as it may: less than it was given

    with PartialFile(tmp_path / "a") as part:
        part.start(VERSION)
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(
            OSError, match=r"a\.part: cannot write more than 6 bytes \(No space left on device\); make room"
        ):
            part.append(b"ACGTACGT")
    assert (tmp_path / "a.part").read_bytes() == b"ACGTAC"
