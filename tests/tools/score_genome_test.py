"""tools/score_genome.py as a user calls it."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import score_genome
import score_variants
import zarr
from agront_data import ingest_genomes
from agront_data.tracks import GenomeTrack, cut_blocks

TOOLS = Path(__file__).parents[2] / "tools"


@pytest.fixture(scope="module")
def model(reference):
    """Three layers of random weights; a context of 63 tokens after <cls>."""
    return reference / "esm_tiny"


@pytest.fixture(scope="module")
def letters():
    rng = np.random.default_rng(7)
    return "".join(rng.choice(list("ACGT"), 700)) + "NACGTRN" + "".join(rng.choice(list("ACGT"), 193))


@pytest.fixture
def genome(tmp_path, letters):
    path = tmp_path / "genome.fa"
    path.write_text(f">Chr1 the first\n{letters[:450]}\n{letters[450:].lower()}\n>Chr2\n{letters[299::-1]}\n>s\nACG\n")
    return path


@pytest.fixture
def run(run_tool, model, genome):
    """Call the tool on one of the four devices that tests have; each more costs compilations."""

    def call(*options, genome=genome):
        return run_tool(score_genome.main, model, genome, "--devices", 1, *options)

    return call


@pytest.fixture
def in_blocks(monkeypatch):
    """Cut contigs into blocks of 250 bases, for the genome here is small."""
    monkeypatch.setattr("genome_scoring.track_run.cut_blocks", lambda lengths: cut_blocks(lengths, 250))
    monkeypatch.setattr("agront_data.tracks.layout.PIECE_BASES", 250)
    monkeypatch.setattr("agront_data.tracks.layout.CHUNK_BASES", 50)


def test_it_is_what_base_wildtype_compares(tmp_path, letters, genome, model, run, run_tool):
    outcome = run("--out", tmp_path / "track.zarr")
    assert outcome.code == 0
    assert "scored        1,203 bases of 3 contigs" in outcome.out
    track = GenomeTrack.open(tmp_path / "track.zarr")
    assert track.lengths == {"Chr1": 900, "Chr2": 300, "s": 3}
    assert track.attributes["context"] == 63
    assert {"model_fingerprint", "genome_fingerprint", "versions", "command"} <= track.attributes.keys()
    logs = track.read_piece("Chr1", 0, 900).astype(float)
    np.testing.assert_allclose(np.exp(logs[:700]).sum(axis=1), 1, atol=0.005)
    assert np.isnan(logs[700:707]).all()
    assert np.isnan(track.read_piece("s", 0, 3)).all()
    lines = [
        f"Chr1\t{place + 1}\t{letter}\t{other}"
        for place, letter in enumerate(letters)
        for other in "ACGT"
        if letter in "ACGT" and other != letter and place % 23 < 2
    ]
    (tmp_path / "in.tsv").write_text("\n".join(["chrom\tpos\tref\talt", *lines]))
    options = ["--genome", genome, "--score", "base_wildtype", "--devices", 1, "--out", tmp_path / "out.parquet"]
    assert run_tool(score_variants.main, model, tmp_path / "in.tsv", *options).code == 0
    table = pq.read_table(tmp_path / "out.parquet").to_pydict()
    assert len(table["pos"]) == len(lines)
    for position, reference, alternative, score in zip(
        *(table[name] for name in ("pos", "ref", "alt", "base_wildtype")), strict=True
    ):
        row = dict(zip("ACGT", logs[position - 1], strict=True))
        if 700 <= position - 1 < 707:
            assert score is None
        else:  # what float16 rounds of two numbers up to 4
            assert row[alternative] - row[reference] == pytest.approx(score, abs=0.002)


def test_variants_are_looked_up(tmp_path, letters, genome, model, run, run_tool):
    """All is as with the model, but for what float16 rounds."""
    assert run("--out", tmp_path / "track.zarr").code == 0
    other = dict(zip("ACGT", "CGTA", strict=True))
    at = {place: letters[place - 1] for place in range(1, 901)}
    lines = [
        *(f"1\t{place}\t{at[place]}\t{other[at[place]]}" for place in (1, 3, 400, 401, 700, 709, 711, 900)),
        *(f"chr1\t{place}\tN\tA" for place in (701, 707)),
        *(f"Chr1\t{place}\t{at[place]}\t{other[at[place]]}" for place in (702, 705, 20)),
        f"1\t40\t{at[40]}\t{at[40]}TT",
        f"1\t41\t{other[at[41]]}\t{at[41]}",
        f"1\t42\t{at[42]}\t{at[42].lower()}",
        f"1\t50\t{letters[49:53].lower()}\t{letters[49]}{other[letters[50]]}{letters[51:53]}",
        f"1\t50\t{letters[49:51]}\t{other[letters[49]]}{other[letters[50]]}",
        *("unplaced\t41\tA\tC", "unplaced\t41\tA\t<DEL>", "Chr2\t301\tA\tC", "Chr2\t0\tA\tC", "s\t1\tA\tC"),
        *(f"1\t60\t{at[60]}\t{alternative}" for alternative in (".", "*", "<DEL>", "R", "N")),
    ]
    (tmp_path / "in.tsv").write_text("\n".join(["chrom\tpos\tref\talt", *lines]))
    tables = []
    for source in (model, tmp_path / "track.zarr"):
        out = tmp_path / f"by_{source.name}.parquet"
        options = ["--genome", genome, "--score", "base_wildtype", "--devices", 1, "--out", out]
        outcome = run_tool(score_variants.main, source, tmp_path / "in.tsv", *options)
        assert outcome.code == 0
        tables.append(pq.read_table(out).to_pydict())
    expected, found = tables
    assert expected.keys() == found.keys()
    assert {name: expected[name] for name in expected if name != "base_wildtype"} == {
        name: found[name] for name in found if name != "base_wildtype"
    }
    scores, looked_up = (np.array(each, float) for each in (expected["base_wildtype"], found["base_wildtype"]))
    assert np.isfinite(scores).sum() == 10
    np.testing.assert_allclose(looked_up, scores, atol=0.002)
    assert "a model scores insertions and deletions, too" in outcome.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "is a track, which holds one score: give --score base_wildtype"),
        (["--score", "base_wildtype", "--context", "9"], "leave --context and --strands out"),
        (["--score", "base_wildtype"], "has no contig 'Chr1'"),
    ],
)
def test_what_a_track_does_not_have_is_refused(tmp_path, genome, run, run_tool, options, message):
    assert run("--out", tmp_path / "track.zarr", "--contigs", "Chr2").code == 0
    (tmp_path / "in.tsv").write_text("chrom\tpos\tref\talt\n1\t41\tA\tC\n")
    given = ["--genome", genome, "--out", tmp_path / "out.tsv", *options]
    outcome = run_tool(score_variants.main, tmp_path / "track.zarr", tmp_path / "in.tsv", *given)
    assert outcome.code == 1
    assert message in outcome.err


def test_no_base_depends_on_blocks_or_a_store(tmp_path, genome, run, in_blocks):
    assert run("--out", tmp_path / "cut.zarr").code == 0
    ingest_genomes({"rice": [genome]}, tmp_path / "store")
    outcome = run("--out", tmp_path / "some.zarr", "--contigs", "Chr2", genome=tmp_path / "store")
    assert outcome.code == 0
    cut, some = GenomeTrack.open(tmp_path / "cut.zarr"), GenomeTrack.open(tmp_path / "some.zarr")
    assert some.lengths == {"Chr2": 300}
    np.testing.assert_array_equal(some.read_piece("Chr2", 0, 300), cut.read_piece("Chr2", 0, 300))
    assert zarr.open_group(tmp_path / "cut.zarr")["Chr1"].shards == (250, 4)


def test_stopped_it_continues(tmp_path, run, in_blocks, monkeypatch, contents):
    assert run("--out", tmp_path / "whole.zarr").code == 0
    from genome_scoring import track_run

    compute, calls = track_run.score_block, []

    def stopped(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return compute(*arguments)

    monkeypatch.setattr(track_run, "score_block", stopped)
    outcome = run("--out", tmp_path / "track.zarr")
    assert outcome.code == 130
    assert "the same command continues where this one stopped" in outcome.err
    assert not (tmp_path / "track.zarr").exists()
    for options, message in (
        (["--context", 62], "(context: None there, 62 here)"),
        (["--contigs", "Chr1"], "(contigs: [] there, ['Chr1'] here)"),
    ):
        outcome = run("--out", tmp_path / "track.zarr", *options)
        assert outcome.code == 1
        assert "holds the unfinished output of another command" in outcome.err
        assert message in outcome.err
    outcome = run("--out", tmp_path / "track.zarr")
    assert outcome.code == 0
    assert "500 of them were scored before" in outcome.out
    assert len(calls) == 3 + 4
    assert not (tmp_path / "track.zarr.parts").exists()
    whole, track = contents(tmp_path / "whole.zarr"), contents(tmp_path / "track.zarr")
    assert {name: value for name, value in whole.items() if name != "zarr.json"} == {
        name: value for name, value in track.items() if name != "zarr.json"
    }


@pytest.mark.slow
def test_killed_it_continues(tmp_path, model, genome, run, letters):
    """Most of each block is N, which costs nothing."""
    genome.write_text("".join(f">{number}\n{letters * 3}{'N' * 260_000}\n" for number in range(30)))
    command = [sys.executable, TOOLS / "score_genome.py", model, genome, "--out", tmp_path / "track.zarr"]
    process = subprocess.Popen([*map(str, command), "--devices", "1"])
    while not list(tmp_path.glob("track.zarr.parts/*.arrow")):
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    assert not (tmp_path / "track.zarr").exists()
    outcome = run("--out", tmp_path / "track.zarr")
    assert outcome.code == 0
    assert "of them were scored before" in outcome.out
    track = GenomeTrack.open(tmp_path / "track.zarr")
    first, last = (track.read_piece(contig, 0, 3_000).astype(float) for contig in ("0", "29"))
    np.testing.assert_allclose(first, last, atol=0.01)


def test_bigwig_files(tmp_path, letters, run):
    bigwig = pytest.importorskip("pyBigWig")
    assert run("--out", tmp_path / "track.zarr").code == 0
    outcome = run("--out", tmp_path / "track.zarr", "--bigwig", tmp_path / "rice")
    assert outcome.code == 0
    assert "scored" not in outcome.out
    logs = GenomeTrack.open(tmp_path / "track.zarr").read_piece("Chr1", 0, 900)
    [odds] = bigwig.open(str(tmp_path / "rice.ref_log_odds.bw")).values("Chr1", 5, 6)
    p = np.exp(logs[5].astype(float)) / np.exp(logs[5].astype(float)).sum()
    reference = p["ACGT".index(letters[5])]
    assert odds == pytest.approx(np.log(reference / (1 - reference)), abs=1e-5)
    assert run("--out", tmp_path / "track.zarr", "--bigwig", tmp_path / "rice").code == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--context", "64"], "--context is 64: the model reads at most 63 tokens after <cls>"),
        (["--context", "0"], "--context is 0: it must be at least 1 token"),
        (["--batch-tokens", "0"], "--batch-tokens is 0"),
        (["--contigs", "Chr1", "Chr1"], "--contigs names a contig twice"),
        (["--contigs", "chr1"], "has no contig 'chr1' (meant: Chr1?); it has Chr1, Chr2, s"),
        (["--species", "rice"], "is a FASTA file, one genome: leave out the species 'rice'"),
        (["--out", "track"], "--out is track: a track is a Zarr folder; give a name that ends in .zarr"),
        (["--out", "no/track.zarr"], "there is no folder no"),
        (["--out", "there.zarr"], "there.zarr exists: remove it, or give another name with --out"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, run, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    Path("there.zarr").mkdir()
    outcome = run(*(["--out", "track.zarr"] if "--out" not in options else []), *options)
    assert outcome.code == 1
    assert message in outcome.err.replace("\n", " ")
    assert not list(tmp_path.glob("track*"))


def test_a_missing_package_is_named(tmp_path, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyBigWig", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    outcome = run("--out", tmp_path / "track.zarr", "--bigwig", tmp_path / "rice")
    assert outcome.code == 1
    assert "bigWig files need pyBigWig, which is not installed: python -m pip install pyBigWig" in outcome.err
