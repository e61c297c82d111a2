"""A VCF looked up many records at once has the same bytes as one record after the other."""

import gzip
import json

import numpy as np
import pysam
import pytest
import score_variants
from agront_data.tracks import cut_blocks, write_track

OTHER = dict(zip("ACGTacgt", "CGTACGTA", strict=True))
HEADER = "##fileformat=VCFv4.3\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\n"


@pytest.fixture(scope="module")
def letters():
    rng = np.random.default_rng(4)
    drawn = rng.choice(list("ACGTacgt"), 3_000)
    drawn[[5, 9, 700, 701, 2_990]] = "N"
    return "".join(drawn)


@pytest.fixture(scope="module")
def genome(tmp_path_factory, letters):
    path = tmp_path_factory.mktemp("genome") / "genome.fa"
    path.write_text(f">chr1\n{letters}\n>2\n{letters[::-1]}\n>tiny\nACGT\n")
    return path


@pytest.fixture(scope="module")
def track(tmp_path_factory, letters):
    path, lengths = tmp_path_factory.mktemp("track") / "t.zarr", {"chr1": 3_000, "2": 3_000, "tiny": 4}
    rng = np.random.default_rng(5)
    pieces = (
        (piece, np.log(rng.dirichlet(np.ones(4), piece.end - piece.start)).astype(np.float16))
        for block in cut_blocks(lengths)
        for piece in block
    )
    attributes = {"model_fingerprint": "f", "genome": "g", "context": 9, "k": 6, "precision": "float32"}
    write_track(path, lengths, pieces, attributes)
    return path


@pytest.fixture
def run(run_tool, track, genome):
    def call(variants, out):
        return run_tool(
            score_variants.main, track, variants, "--genome", genome, "--score", "base_wildtype", "--out", out
        )

    return call


def drawn_lines(letters, seed):
    rng = np.random.default_rng(seed)
    for _ in range(400):
        name = str(rng.choice(["1", "Chr1", "chr1", "2", "tiny", "unplaced"]))
        place = int(rng.integers(0, 3_005))
        sequence = {"2": letters[::-1], "tiny": "ACGT"}.get(name, letters)
        inside = 1 <= place <= len(sequence)
        reference = sequence[place - 1] if inside and rng.random() < 0.9 else str(rng.choice(list("ACGTN")))
        kinds = [OTHER.get(reference, "A")] * 6
        kinds += [reference, f"{reference}A", "<DEL>", "*", ".", "R", f"{OTHER.get(reference, 'G')},*", "A,C,G,T"]
        info = str(rng.choice([".", "DP=010", "AC=1;DB;", ""]))
        end = str(rng.choice(["\n", "\n", "\r\n", "\n\n", "\n  \n"]))
        yield f"{name}\t{place}\trs{place}\t{reference}\t{rng.choice(kinds)}\t29.00\tPASS\t{info}\tGT\t0/1{end}"
    yield f"chr1\t100\t.\t{letters[99:103]}\t{letters[99]}{OTHER[letters[100]]}{letters[101:103]}\t.\t.\t.\tGT\t1/1"


@pytest.mark.parametrize("ending", [".vcf", ".vcf.gz"])
def test_bytes_are_the_same(tmp_path, letters, run, monkeypatch, ending):
    variants = tmp_path / "in.vcf"
    variants.write_text(HEADER + "".join(drawn_lines(letters, len(ending))), newline="")
    fast = run(variants, tmp_path / f"fast{ending}")
    assert fast.code == 0, fast.err
    monkeypatch.setattr(score_variants, "is_lookup", lambda options, variants: False)
    slow = run(variants, tmp_path / f"slow{ending}")
    assert slow.code == 0, slow.err
    read = gzip.decompress if ending == ".vcf.gz" else bytes
    assert read((tmp_path / f"fast{ending}").read_bytes()) == read((tmp_path / f"slow{ending}").read_bytes())
    told = [[line for line in each.out.splitlines() if " s, " not in line][:-1] for each in (fast, slow)]
    assert told[0] == told[1]
    assert not list(tmp_path.glob("*.parts"))


def test_what_is_sorted_gets_an_index(tmp_path, letters, run):
    lines = [
        f"chr1\t{place}\t.\t{letters[place - 1]}\t{OTHER[letters[place - 1]]}\t.\t.\tDP=1\tGT\t0/1\n"
        for place in range(10, 3_000, 7)
        if letters[place - 1] != "N"
    ]
    variants = tmp_path / "in.vcf.gz"
    variants.write_bytes(gzip.compress((HEADER + "".join(lines)).encode()))
    outcome = run(variants, tmp_path / "out.vcf.gz")
    assert outcome.code == 0, outcome.err
    assert f"{len(lines):,} variants" in outcome.out
    with pysam.VariantFile(str(tmp_path / "out.vcf.gz")) as file:
        [record] = file.fetch("chr1", 1_500, 1_504)
    assert "AGRONT_BASE_WILDTYPE" in record.info
    settings = gzip.decompress((tmp_path / "out.vcf.gz").read_bytes()).decode().split("##agront_score_variants=")[1]
    assert json.loads(settings.splitlines()[0])["settings"]["score"] == ["base_wildtype"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("chr1\tx\t.\tA\tC\t.\t.\t.\tGT\t0/1", "line 4: POS is 'x'"),
        ("chr1\t5\t.\tA\tC\t.\t.\t.", "line 4: has 8 columns, and the line #CHROM names 10"),
        ("chr1\t5\t.\t\tC\t.\t.\t.\tGT\t0/1", "line 4: REF is empty"),
        ("#chr1\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1", "line 4: is a line of a header"),
    ],
)
def test_a_damaged_line_is_named(tmp_path, letters, run, line, message):
    variants = tmp_path / "in.vcf"
    good = f"chr1\t20\t.\t{letters[19]}\t{OTHER[letters[19]]}\t.\t.\t.\tGT\t0/1"
    variants.write_text(f"{HEADER}{good}\n{line}\n")
    outcome = run(variants, tmp_path / "out.vcf")
    assert outcome.code == 1
    assert f"{variants}: {message}" in outcome.err
    assert not (tmp_path / "out.vcf").exists()


def test_contigs_that_are_not_there_are_refused(tmp_path, run):
    variants = tmp_path / "in.vcf"
    variants.write_text(HEADER + "scaffold_7\t5\t.\tA\tC\t.\t.\t.\tGT\t0/1\n")
    outcome = run(variants, tmp_path / "out.vcf")
    assert outcome.code == 1
    assert "its contigs are scaffold_7" in outcome.err
