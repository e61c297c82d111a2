import contextlib

import numpy as np
import pytest
from agront_data.regions import check_score_track, scores_by_base, write_score_track

PIECES = [("chr2", 5, np.array([1.0, np.nan, -2.5])), ("chr10", 2, np.array([0.5])), ("chr2", 7, np.array([-2.5, 4]))]
ROWS = [("chr10", 2, 3, 0.5), ("chr2", 5, 6, 1.0), ("chr2", 7, 8, -2.5), ("chr2", 8, 9, 4.0)]


def test_bases_are_sorted_and_each_is_there_once(tmp_path):
    (tmp_path / "a.bedgraph").write_text("older")
    write_score_track(tmp_path / "a.bedgraph", scores_by_base(PIECES), {})
    expected = "".join(f"{contig}\t{first}\t{last}\t{score:g}\n" for contig, first, last, score in ROWS)
    assert (tmp_path / "a.bedgraph").read_text() == expected
    assert [path.name for path in tmp_path.iterdir()] == ["a.bedgraph"]


def test_big_wig_holds_the_same(tmp_path):
    bigwig = pytest.importorskip("pyBigWig", reason="pyBigWig is not installed")
    lengths = {"chr10": 10, "chr2": 20, "chr3": 30}
    write_score_track(tmp_path / "a.bw", scores_by_base(PIECES), lengths)
    assert [path.name for path in tmp_path.iterdir()] == ["a.bw"]
    with contextlib.closing(bigwig.open(str(tmp_path / "a.bw"))) as track:
        assert track.chroms() == {"chr10": 10, "chr2": 20}
        assert [(name, *row) for name in ("chr10", "chr2") for row in track.intervals(name)] == ROWS


def test_another_ending_and_a_missing_package_are_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match=r"a\.bed: its ending says the format; give one of \.bedgraph"):
        check_score_track(tmp_path / "a.bed")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ValueError, match="pip install pyBigWig"):
        check_score_track(tmp_path / "a.bw")
    check_score_track(tmp_path / "a.BDG")
