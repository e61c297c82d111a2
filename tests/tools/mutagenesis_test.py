"""tools/mutagenesis.py as a user calls it: scores, regions, pictures."""

import csv
import gzip
import re

import agront_model.inference
import mutagenesis
import numpy as np
import pyarrow.parquet as pq
import pytest
import score_variants

CONTIG_LENGTH = 400
GFF = """##gff-version 3
Chr1\tx\tgene\t120\t170\t.\t-\t.\tID=gene1;Name=FLOWER
Chr1\tx\tmRNA\t120\t170\t.\t-\t.\tID=rna1;Parent=gene1
Chr1\tx\texon\t120\t140\t.\t-\t.\tParent=rna1
Chr1\tx\texon\t150\t170\t.\t-\t.\tParent=rna1
Chr1\tx\tCDS\t125\t140\t.\t-\t0\tParent=rna1
"""


@pytest.fixture
def genome(tmp_path, random_dna, write_fasta):
    sequence = random_dna(1, CONTIG_LENGTH)
    broken = f"{sequence[:30].lower()}NRN{sequence[33:60]}"
    return write_fasta(tmp_path / "genome.fa", chr1=sequence, chr2=broken, chr3="N" * 20)


@pytest.fixture
def run(run_tool, reference, tmp_path, monkeypatch):
    """Call the tool on one device, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        return run_tool(mutagenesis.main, reference / "esm_tiny", *arguments, "--devices", 1)

    return call


@pytest.fixture
def num_passes(monkeypatch):
    """Rows of ids that the model has read."""
    count = [0]
    compute = agront_model.inference.TokenLikelihoods.__call__

    def counted(self, rows, asked, progress=None):
        count[0] += len(rows)
        return compute(self, rows, asked, progress)

    monkeypatch.setattr(agront_model.inference.TokenLikelihoods, "__call__", counted)
    return count


def table(path):
    with open(path, newline="") as file:
        next(file)
        return list(csv.DictReader(file, delimiter="\t"))


def test_scores_are_those_of_score_variants_and_neighbours_share_windows(
    tmp_path, genome, run, run_tool, reference, num_passes
):
    outcome = run("--genome", genome, "--region", "Chr1:101-160", "--region", "chr2:25-36", "--out", "all.tsv")
    assert outcome.code == 0, outcome.err
    assert num_passes[0] <= 2 * (60 + 5) + 2 * (6 + 5) + 2 * (3 + 5)
    assert "skipped       3 positions: N" in outcome.out
    assert "contigs       spelt otherwise in the genome: Chr1 is chr1" in outcome.out
    assert "69 positions, 207 alternative alleles" in outcome.out
    rows = table("all.tsv")
    places = [(row["chrom"], int(row["pos"])) for row in rows[::3]]
    assert places == [("chr1", place) for place in range(101, 161)] + [
        ("chr2", place) for place in range(25, 37) if place not in (31, 32, 33)
    ]
    assert {row["region"] for row in rows} == {"Chr1:101-160", "chr2:25-36"}
    vcf = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    vcf += "".join(f"{row['chrom']}\t{row['pos']}\t.\t{row['ref']}\t{row['alt']}\t.\t.\t.\n" for row in rows)
    (tmp_path / "all.vcf").write_text(vcf)
    arguments = ("all.vcf", "--genome", genome, "--out", "one_by_one.tsv", "--devices", 1)
    outcome = run_tool(score_variants.main, reference / "esm_tiny", *arguments)
    assert outcome.code == 0, outcome.err
    for row, expected in zip(rows, table("one_by_one.tsv"), strict=True):
        assert [row[name] for name in ("chrom", "pos", "ref", "alt", "llr_n", "reason")] == [
            expected[name] for name in ("chrom", "pos", "ref", "alt", "llr_n", "reason")
        ]
        if row["llr"]:
            assert abs(float(row["llr"]) - float(expected["llr"])) < 1e-5
            assert abs(float(row["llr_sd"]) - float(expected["llr_sd"])) < 1e-5


def test_a_long_region_is_scored_in_parts_that_share(genome, run, num_passes):
    outcome = run("--genome", genome, "--region", "chr1", "--out", "chr1.parquet", "--batch-tokens", 64)
    assert outcome.code == 0, outcome.err
    assert pq.read_metadata("chr1.parquet").num_rows == 3 * CONTIG_LENGTH
    assert num_passes[0] < 1.2 * 2 * (CONTIG_LENGTH + 5)


def test_records_of_fasta_end_windows_and_bed_has_names(tmp_path, genome, run, random_dna, write_fasta):
    sequence = random_dna(1, CONTIG_LENGTH)
    alone = write_fasta(tmp_path / "alone.fa", piece=sequence[100:130], tiny="ACG")
    (tmp_path / "a.bed").write_text("1\t100\t130\tpromoter\t0\t-\n1\t0\t2\t.\t0\t+\n")
    assert run("--fasta", alone, "--out", "alone.tsv").code == 0
    assert run("--genome", genome, "--bed", "a.bed", "--out", "bed.tsv").code == 0
    cut, whole = table("alone.tsv"), table("bed.tsv")
    assert [row["region"] for row in cut[::3]] == ["piece"] * 30 + ["tiny"] * 3
    assert [row["region"] for row in whole[::3]] == ["promoter"] * 30 + ["chr1:1-2"] * 2
    assert [(row["ref"], row["alt"]) for row in cut[:90]] == [(row["ref"], row["alt"]) for row in whole[:90]]
    assert [int(row["pos"]) for row in cut[:90:3]] == list(range(1, 31))
    assert [int(row["pos"]) for row in whole[:90:3]] == list(range(101, 131))
    assert {row["llr_n"] for row in cut[:3]} == {"2"}
    assert {row["llr_n"] for row in whole[:3]} == {"12"}
    assert not np.allclose(*([float(row["llr"]) for row in rows[45:60]] for rows in (cut, whole)))
    assert {(row["llr"], row["reason"]) for row in cut[90:]} == {("", "contig_short")}


def test_a_track_has_the_mean_of_each_position_once(tmp_path, genome, run):
    regions = ("--region", "chr2:28-36", "chr1:7-9", "chr2:34-40")
    assert run("--genome", genome, *regions, "--out", "all.tsv", "--bedgraph", "all.bedgraph").code == 0
    lines = [line.split("\t") for line in (tmp_path / "all.bedgraph").read_text().splitlines()]
    places = [7, 8, 9, *(place for place in range(28, 41) if place not in (31, 32, 33))]
    assert [(int(first) + 1, int(end)) for _, first, end, _ in lines] == [(place, place) for place in places]
    assert [contig for contig, *_ in lines] == ["chr1"] * 3 + ["chr2"] * 10
    means = {}
    for row in table("all.tsv"):
        means.setdefault((row["chrom"], int(row["pos"])), []).append(float(row["llr"]))
    for contig, _, end, score in lines:
        assert float(score) == pytest.approx(np.mean(means[contig, int(end)]), rel=1e-4)


def test_a_picture_for_each_region_with_genes_below(tmp_path, genome, run):
    with gzip.open("genes.gff3.gz", "wt") as file:
        file.write(GFF)
    regions = ("--region", "chr1:101-380", "chr2:25-36")
    command = ("--genome", genome, *regions, "--out", "all.tsv", "--plot", "all.svg", "--gff", "genes.gff3.gz")
    outcome = run(*command)
    assert outcome.code == 0, outcome.err
    long, short = (tmp_path / f"all.{place}.svg" for place in ("chr1_101-380", "chr2_25-36"))
    assert f"picture       {long.name}" in outcome.out
    words = re.findall(r"<text[^>]*>([^<]*)</text>", long.read_text())
    for word in ("log p(alternative) - log p(reference)", "chr1, forward strand, bases counted from 1", "bits"):
        assert word in words
    assert "chr1:101-380 (+)" in words
    assert words.count("A") == words.count("T") == 2  # two rows
    assert words.count(" FLOWER") == 1  # in the first of them only
    assert "FLOWER" not in short.read_text()
    assert run("--genome", genome, "--region", "chr1:5-30", "--out", "b.tsv", "--plot", "b.png").code == 0
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")


REGION = ["--genome", "genome.fa", "--region"]
BAD = {
    "nothing": (["--genome", "genome.fa"], ["say what to mutate: --region with --genome"]),
    "two": ([*REGION, "chr1", "--bed", "a.bed"], ["say what to mutate"]),
    "no genome": (["--region", "chr1"], ["--region and --bed are places of a genome: give it with --genome"]),
    "genome of FASTA": (["--fasta", "genome.fa", "--genome", "genome.fa"], ["leave out --genome and --species"]),
    "one number": ([*REGION, "chr1:5"], ["--region 'chr1:5' is no place: write CONTIG:FIRST-LAST", "counted from 1"]),
    "no number": ([*REGION, "chr1:5-"], ["--region 'chr1:5-' is no place"]),
    "reversed": ([*REGION, "chr1:1,0-9"], ["--region chr1:1,0-9: begins after its end; give chr1:9-10"]),
    "from 0": ([*REGION, "chr1:0-9"], ["begins at 0, and the first base is number 1"]),
    "beyond": ([*REGION, "chr1:399-401"], ["ends at 401, but 'chr1' in genome.fa has 400 bases", "chr1:399-400"]),
    "unknown": ([*REGION, "chr9:1-5"], ["genome.fa has no contig 'chr9'; it has chr1, chr2, chr3"]),
    "N alone": ([*REGION, "chr3"], ["the regions hold nothing but N: there is nothing to score"]),
    "bed beyond": (["--genome", "genome.fa", "--bed", "a.bed"], ["a.bed: line 1", "ends at 500", "has 400 bases"]),
    "ending": ([*REGION, "chr1", "--out", "a.vcf"], ["a.vcf: its ending says the format; give one of .tsv, .parquet"]),
    "picture's name": ([*REGION, "chr1", "--plot", "a.jpg"], ["name a file that ends in .png or .svg or .pdf"]),
    "track's name": ([*REGION, "chr1", "--bedgraph", "a.bed"], ["a.bed: its ending says the format"]),
    "genes alone": ([*REGION, "chr1", "--gff", "a.gff"], ["--gff draws genes below a picture"]),
    "species": (["--fasta", "genome.fa", "--species", "rice"], ["leave out --genome and --species"]),
    "context": ([*REGION, "chr1", "--context", "99"], ["--context is 99: the model reads at most 63 tokens"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_regions_and_options_are_sentences_and_leave_nothing(case, tmp_path, genome, run):
    arguments, message = BAD[case]
    (tmp_path / "a.bed").write_text("chr1\t390\t500\n")
    before = sorted(path.name for path in tmp_path.iterdir())
    out = [] if "--out" in arguments else ["--out", "out.tsv"]
    outcome = run(*arguments, *out)
    assert outcome.code == 1, outcome.out
    assert outcome.err.startswith("error ")
    for part in message:
        assert part in outcome.err
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_package_that_is_not_installed_is_named(genome, run, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    outcome = run(*REGION, "chr1", "--out", "a.tsv", "--bedgraph", "a.bw")
    assert "bigWig needs the package pyBigWig: python -m pip install pyBigWig" in outcome.err


def test_without_mask_a_few_passes_serve_a_region(tmp_path, genome, run, run_tool, reference, num_passes):
    outcome = run("--genome", genome, "--region", "Chr1:101-200", "--out", "all.tsv", "--score", "wildtype")
    assert outcome.code == 0, outcome.err
    assert num_passes[0] <= 2 * 6 * 3  # two strands, six phases, and the tiles of 63 tokens that 100 bases touch
    rows = table("all.tsv")
    vcf = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    vcf += "".join(f"{row['chrom']}\t{row['pos']}\t.\t{row['ref']}\t{row['alt']}\t.\t.\t.\n" for row in rows)
    (tmp_path / "all.vcf").write_text(vcf)
    arguments = ("all.vcf", "--genome", genome, "--out", "other.tsv", "--score", "wildtype", "--devices", 1)
    assert run_tool(score_variants.main, reference / "esm_tiny", *arguments).code == 0
    expected = [float(row["wildtype"]) for row in table("other.tsv")]
    assert len(expected) == 300
    assert [float(row["wildtype"]) for row in rows] == pytest.approx(expected, abs=1e-5)
