"""tools/calibrate.py as a user calls it, and score_variants.py with its table."""

import calibrate
import numpy as np
import pyarrow.parquet as pq
import pytest
import score_genome
import score_variants
from agront_data.variants import read_calibration

PARTNER = str.maketrans("ACGT", "TGCA")


@pytest.fixture(scope="module")
def letters():
    """Two motifs, so that contexts come again, with 30 soft-masked bases."""
    rng = np.random.default_rng(3)
    text = "".join(rng.choice(["ACGGT", "TTGCA", "C"], 40))[:120]
    return text[:40] + text[40:70].lower() + text[70:]


@pytest.fixture
def genome(tmp_path, letters):
    path = tmp_path / "genome.fa"
    path.write_text(f">1\n{letters}\n")
    return path


@pytest.fixture
def run(run_tool, reference):
    """Call a tool with the model of random weights, on one of the four devices that tests have."""

    def call(tool, *options, model=reference / "esm_tiny"):
        return run_tool(tool.main, model, *options, "--devices", 1)

    return call


def every_substitution(path, letters):
    lines = [
        f"1\t{place + 1}\t{letters[place].upper()}\t{alternative}"
        for place in range(6, len(letters) - 6)
        for alternative in "ACGT"
        if alternative != letters[place].upper()
    ]
    path.write_text("\n".join(["chrom\tpos\tref\talt", *lines]) + "\n")
    return path


def folded(letters, place, alternative):
    context = letters[place - 2 : place + 3].upper()
    if context[2] in "AC":
        return context, alternative
    return context[::-1].translate(PARTNER), alternative.translate(PARTNER)


def test_means_are_those_of_the_scores_of_all_soft_masked_sites(tmp_path, genome, letters, run):
    table, variants = tmp_path / "table.tsv", every_substitution(tmp_path / "all.tsv", letters)
    windows = ("--context", 5, "--frames", "central")
    outcome = run(calibrate, genome, "--out", table, "--sites", 1000, *windows)
    assert outcome.code == 0, outcome.err
    scores = tmp_path / "scores.parquet"
    options = ("--score", "llr", "calibrated", "--calibration", table)
    assert run(score_variants, variants, "--genome", genome, "--out", scores, *windows, *options).code == 0
    rows = pq.read_table(scores).to_pylist()
    of_contexts = {}
    for row in rows:
        if letters[row["pos"] - 1].islower():
            of_contexts.setdefault(folded(letters, row["pos"] - 1, row["alt"]), []).append(row["llr"])
    means = read_calibration(table).means
    assert means.keys() == of_contexts.keys()
    for key, values in of_contexts.items():
        assert means[key] == (
            len(values),
            pytest.approx(np.mean(values), abs=1e-5),
            pytest.approx(np.std(values), abs=1e-5),
        )
    for row in rows:
        values = of_contexts.get(folded(letters, row["pos"] - 1, row["alt"]))
        assert row["reason"] is None
        assert row["calibrated"] == (None if values is None else pytest.approx(row["llr"] - np.mean(values), abs=1e-5))
    assert any(row["calibrated"] is None for row in rows)
    refused = run(score_variants, variants, "--genome", genome, "--out", tmp_path / "no.tsv", *options)
    assert refused.code == 1
    assert "its mean scores are of another context: 5, and here it is 63" in refused.err


def test_a_track_gives_the_table_of_base_wildtype(tmp_path, genome, letters, run):
    track, table, other = tmp_path / "track.zarr", tmp_path / "track.tsv", tmp_path / "model.tsv"
    gff = tmp_path / "genes.gff3"
    gff.write_text("chr1\t.\tgene\t1\t90\t.\t+\t.\tID=g\n")
    assert run(score_genome, genome, "--out", track, "--context", 9).code == 0
    options = ("--score", "base_wildtype", "--sites", 5, "--gff", gff)
    assert run(calibrate, genome, "--out", table, *options, model=track).code == 0
    assert run(calibrate, genome, "--out", other, *options, "--context", 9).code == 0
    found, expected = read_calibration(table), read_calibration(other)
    assert found.means.keys() == expected.means.keys() > set()
    for key, mean in expected.means.items():
        assert found.means[key].num_sites == mean.num_sites
        assert found.means[key].mean == pytest.approx(mean.mean, abs=2e-3)
    variants, scores = every_substitution(tmp_path / "all.tsv", letters), tmp_path / "scores.parquet"
    options = ("--genome", genome, "--out", scores, "--score", "base_wildtype", "calibrated", "--calibration", table)
    assert run(score_variants, variants, *options, model=track).code == 0
    rows = pq.read_table(scores).to_pylist()
    for row in rows:
        mean = found.means.get(folded(letters, row["pos"] - 1, row["alt"]))
        assert row["calibrated"] == (None if mean is None else pytest.approx(row["base_wildtype"] - mean.mean))
    assert {row["calibrated"] is None for row in rows} == {True, False}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--sites", 0), "--sites is 0: it must be at least 1"),
        (("--seed", -1), "--seed is -1: it must be at least 0"),
        (("--gff", "none.gff3"), "none.gff3: no such file"),
    ],
)
def test_bad_options(tmp_path, genome, run, options, message):
    outcome = run(calibrate, genome, "--out", tmp_path / "t.tsv", *options)
    assert outcome.code == 1
    assert message in outcome.err


def test_a_table_has_one_ending_and_a_genome_sites(tmp_path, genome, letters, run):
    outcome = run(calibrate, genome, "--out", tmp_path / "t.csv")
    assert "t.csv: the table is text in columns; give a name that ends in .tsv" in outcome.err
    genome.write_text(f">1\n{letters.upper()}\n")
    outcome = run(calibrate, genome, "--out", tmp_path / "t.tsv")
    assert outcome.code == 1
    assert "no base is soft-masked (lower case): give genes with --gff" in outcome.err
    assert not (tmp_path / "t.tsv").exists()
