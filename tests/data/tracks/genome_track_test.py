"""Tracks written and read."""

import json

import numpy as np
import pytest
import zarr
from agront_data.tracks import GenomeTrack, Piece, array_name, write_track

LENGTHS = {"Chr1": 40_000, "lcl|a/b": 70, ".x": 3}


@pytest.fixture
def logs():
    rng = np.random.default_rng(1)
    found = {contig: np.log(rng.dirichlet(np.ones(4), length)).astype(np.float16) for contig, length in LENGTHS.items()}
    found["Chr1"][17_000:39_000] = np.nan
    return found


@pytest.fixture
def path(tmp_path, logs):
    values = ((Piece(contig, 0, length), logs[contig].astype(np.float32)) for contig, length in LENGTHS.items())
    write_track(tmp_path / "track.zarr", LENGTHS, values, {"context": 63})
    return tmp_path / "track.zarr"


def test_what_is_written_is_read(path, logs):
    track = GenomeTrack.open(path)
    assert track.lengths == LENGTHS
    assert track.attributes["context"] == 63
    positions = np.random.default_rng(2).integers(0, 40_000, 500)
    np.testing.assert_array_equal(track.read("Chr1", positions), logs["Chr1"][positions])
    np.testing.assert_array_equal(track.read("lcl|a/b", np.array([69, 0, 69])), logs["lcl|a/b"][[69, 0, 69]])
    np.testing.assert_array_equal(track.read_piece(".x", 1, 3), logs[".x"][1:])
    assert track.read("Chr1", np.array([], np.int64)).shape == (0, 4)


def test_zarr_reads_it(path, logs):
    group = zarr.open_group(path, mode="r")
    assert group.attrs["letters"] == "ACGT"
    for contig in LENGTHS:
        np.testing.assert_array_equal(group[array_name(contig)][:], logs[contig])
    assert group["Chr1"].attrs["letters"] == "ACGT"
    assert (group["Chr1"].dtype, group["Chr1"].chunks) == (np.float16, (16_384, 4))


@pytest.mark.parametrize("place", [100, 150_000, -3])
def test_a_flipped_byte_is_noticed(path, place):
    [file] = (each for each in (path / "Chr1").rglob("*") if each.is_file() and each.name != "zarr.json")
    content = bytearray(file.read_bytes())
    content[place if place < len(content) else 1_000] ^= 4
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"'Chr1': bases from .* cannot be read, a file is damaged"):
        GenomeTrack.open(path).read("Chr1", np.arange(0, 40_000, 100))


def test_a_file_that_is_gone_is_noticed(path):
    [file] = (each for each in (path / "Chr1").rglob("*") if each.is_file() and each.name != "zarr.json")
    file.unlink()
    with pytest.raises(ValueError, match="'Chr1': some bases cannot be read, a file is damaged or gone"):
        GenomeTrack.open(path).read("Chr1", np.array([5]))
    (path / "Chr1" / "zarr.json").unlink()
    with pytest.raises(ValueError, match="'Chr1': its metadata cannot be read"):
        GenomeTrack.open(path).read("Chr1", np.array([5]))


def test_what_cannot_be_read_is_refused(path, tmp_path):
    track = GenomeTrack.open(path)
    with pytest.raises(ValueError, match=r"has no contig 'chr1' \(meant: Chr1\?\); it has Chr1, "):
        track.read("chr1", np.array([5]))
    for position in (-1, 40_000):
        with pytest.raises(ValueError, match="'Chr1' has 40000 bases, and one beyond them is asked for"):
            track.read("Chr1", np.array([5, position]))
    with pytest.raises(FileNotFoundError, match="no track there"):
        GenomeTrack.open(tmp_path)
    described = json.loads((path / "zarr.json").read_bytes())
    for changed, message in (({"format_version": 2}, "format version 2"), ({"format": "other"}, "is no track")):
        text = json.dumps({**described, "attributes": {**described["attributes"], **changed}})
        (path / "zarr.json").write_text(text)
        with pytest.raises(ValueError, match=message):
            GenomeTrack.open(path)


def test_a_name_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="its name is too long"):
        array_name("x" * 300)
    assert [array_name(name) for name in ("Chr1", "..", "zarr.json", "_a", "ä b", "gi|1|x.1")] == [
        *("Chr1", "%2E.", "%7Aarr.json", "%5Fa", "%C3%A4%20b", "gi|1|x.1")
    ]
