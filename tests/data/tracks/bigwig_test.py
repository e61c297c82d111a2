"""bigWig files of a track, read by pyBigWig."""

import math

import numpy as np
import pytest
from agront_data.regions import ContigBases
from agront_data.tracks import GenomeTrack, Piece, bigwig_paths, check_bigwigs, signals, write_bigwigs, write_track


def test_signals_by_hand():
    logs = np.log(np.array([[0.5, 0.25, 0.125, 0.125], [0.25] * 4, [0.7, 0.1, 0.1, 0.1]])).astype(np.float32)
    logs = np.concatenate([logs, np.full((1, 4), np.nan, np.float32)])
    found = signals(logs, np.array([0, 1, 2, 4], np.uint8))  # A, T, C, N
    np.testing.assert_allclose(found["entropy"], [1.75, 2, 1.3567796, np.nan], atol=1e-6)
    np.testing.assert_allclose(found["A"], [0.125, 0, 0.7 * (2 - 1.3567796), np.nan], atol=1e-6)
    np.testing.assert_allclose(found["T"], [0.125 / 4, 0, 0.1 * (2 - 1.3567796), np.nan], atol=1e-6)
    np.testing.assert_allclose(found["ref_log_odds"], [0, math.log(1 / 3), math.log(1 / 9), np.nan], atol=1e-6)


def test_a_certain_base_has_odds():
    logs = np.array([[-(2.0**-20), -15, -15, -15], [0, -87, -87, -87]], np.float16)
    found = signals(logs, np.array([0, 0], np.uint8))
    assert np.isfinite(np.stack(list(found.values()))).all()
    assert found["ref_log_odds"][1] == pytest.approx(87 - math.log(3), abs=0.1)


def test_without_the_package_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="bigWig files need pyBigWig, which is not installed"):
        check_bigwigs(tmp_path / "rice")


@pytest.fixture
def genome(tmp_path):
    (tmp_path / "genome.fa").write_text(f">Chr2\n{'ACGTN' * 10}\n>Chr1\nACG\n>other\nA\n")
    return ContigBases(tmp_path / "genome.fa")


@pytest.fixture
def track(tmp_path):
    logs = np.log(np.random.default_rng(1).dirichlet(np.ones(4), 50)).astype(np.float16)
    logs[4::5] = np.nan
    values = [(Piece("Chr2", 0, 50), logs), (Piece("Chr1", 0, 3), logs[:3])]
    write_track(tmp_path / "track.zarr", {"Chr2": 50, "Chr1": 3}, values, {})
    return GenomeTrack.open(tmp_path / "track.zarr")


def test_files_hold_the_signals(tmp_path, genome, track):
    bigwig = pytest.importorskip("pyBigWig")
    check_bigwigs(tmp_path / "rice")
    assert write_bigwigs(tmp_path / "rice", track, genome) == list(bigwig_paths(tmp_path / "rice").values())
    expected = signals(track.read_piece("Chr2", 0, 50), genome.read([("Chr2", 0, 50)])[0])
    for name, path in bigwig_paths(tmp_path / "rice").items():
        assert path.name == f"rice.{name}.bw"
        file = bigwig.open(str(path))
        assert file.chroms() == {"Chr2": 50, "Chr1": 3}
        np.testing.assert_array_equal(np.array(file.values("Chr2", 0, 50), np.float32), expected[name])
        assert np.isfinite(file.values("Chr1", 0, 3)).all()
    with pytest.raises(ValueError, match=r"--bigwig .*rice.A.bw is there already"):
        check_bigwigs(tmp_path / "rice")


def test_another_genome_is_refused(tmp_path, track):
    pytest.importorskip("pyBigWig")
    (tmp_path / "genome.fa").write_text(">Chr2\nACGT\n")
    with pytest.raises(ValueError, match="its contig 'Chr2' has 50 bases, and the genome's has 4"):
        write_bigwigs(tmp_path / "rice", track, ContigBases(tmp_path / "genome.fa"))
    assert not list(tmp_path.glob("rice*"))
