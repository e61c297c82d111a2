"""tools/score_variants.py as a user calls it."""

import json

import numpy as np
import pyarrow.parquet as pq
import pysam
import pytest
import score_variants
from agront_data import ingest_genomes
from agront_model import load_pretrained
from agront_tokenizer import KmerTokenizer

TOKENIZER = KmerTokenizer()
PARTNER = str.maketrans("ACGT", "TGCA")
HEADER = "##fileformat=VCFv4.3\n##contig=<ID=1>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


@pytest.fixture(scope="module")
def model(reference):
    """Three layers of random weights; a context of 63 tokens after <cls>."""
    return reference / "esm_tiny"


@pytest.fixture(scope="module")
def pretrained(model):
    return load_pretrained(model)


@pytest.fixture(scope="module")
def letters():
    return "".join(np.random.default_rng(7).choice(list("ACGT"), 900))


@pytest.fixture
def genome(tmp_path, letters):
    path = tmp_path / "genome.fa"
    path.write_text(f">Chr1 the first\n{letters[:450]}\n{letters[450:].lower()}\n>Chr2\n{letters[::-1]}\n")
    return path


@pytest.fixture
def run(run_tool, model, genome):
    """Call the tool on one of the four devices that tests have; each more costs compilations."""

    def call(variants, *options, devices=1):
        return run_tool(score_variants.main, model, variants, "--genome", genome, "--devices", devices, *options)

    return call


def vcf(path, *lines):
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return path


def other(letter):
    return "ACGT"["CGTA".index(letter)]


def info(record, key):
    return record.info[f"AGRONT_{key}"][0]


def log_ratios(pretrained, letters, position, alternative):
    """The log ratio of each strand and frame, one row at a time, through the whole head."""
    found = []
    for text, first, base in (
        (letters, position, alternative),
        (letters.translate(PARTNER)[::-1], len(letters) - 1 - position, alternative.translate(PARTNER)),
    ):
        for frame in range(6):
            begin = first - frame
            if begin < 0 or begin + 6 > len(text):
                continue
            left = min(63 // 2, begin // 6)
            token = text[begin : begin + 6]
            altered = token[:frame] + base + token[frame + 1 :]
            row = np.asarray(TOKENIZER.encode(text[begin - 6 * left :][: 6 * 63]))[:64].astype(np.int64)
            row[left + 1] = 2
            row = np.concatenate([row, np.ones(64 - row.size, np.int64)])  # one shape, so one compilation
            embeddings = pretrained.model.encode(pretrained.params, row[None]).embeddings
            logits = np.asarray(pretrained.model.lm_logits(pretrained.params, embeddings))[0, left + 1]
            old, new = (TOKENIZER.encode(each)[1] for each in (token, altered))
            found.append(float(logits[new]) - float(logits[old]))
    return found


@pytest.mark.parametrize("position", [0, 3, 449, 450, 700, 899])
def test_the_score_is_the_mean_over_strands_and_frames(tmp_path, letters, pretrained, run, position):
    reference = letters[position]
    variants = vcf(tmp_path / "in.vcf", f"1\t{position + 1}\t.\t{reference}\t{other(reference).lower()}\t.\t.\t.")
    out = tmp_path / "out.vcf"
    assert run(variants, "--out", out).code == 0
    [record] = pysam.VariantFile(str(out))
    expected = log_ratios(pretrained, letters, position, other(reference))
    assert info(record, "LLR_N") == len(expected) == {0: 2, 899: 2, 3: 8}.get(position, 12)
    assert info(record, "LLR") == pytest.approx(np.mean(expected), abs=1e-4)
    assert info(record, "LLR_SD") == pytest.approx(np.std(expected), abs=1e-4)
    assert "AGRONT_REASON" not in record.info


def many(letters):
    """Records of all kinds, not sorted, with the reason that each alternative has."""
    at = {place: letters[place - 1] for place in range(1, 900)}
    return [
        (
            f"1\t500\trs1\t{at[500]}\t{other(at[500])},*,<DEL>\t29.00\tPASS\tDP=010;DB",
            [None, "missing_alt", "symbolic"],
        ),
        (f"chr1\t40\t.\t{at[40]}\t{at[40]}TT\t.\t.\t.", ["needs_pll"]),
        (f"chr1\t41\t.\t{other(at[41])}\t{at[41]}\t.\t.\tAC=1", ["ref_mismatch"]),
        ("unplaced\t41\t.\tA\tC\t.\t.\t.", ["contig_unknown"]),
        ("Chr2\t901\t.\tA\tC\t.\t.\t.", ["beyond_end"]),
        (f"Chr1\t100\t.\t{letters[99:103]}\t{letters[99]}{other(letters[100])}{letters[101:103]}\t.\t.\t.", [None]),
        (f"1\t7\tx\t{at[7]}\t.\t.\t.\t.", ["missing_alt"]),
        (f"1\t8\tx\t{at[8]}\tR\t.\t.\t.", ["bad_allele"]),
    ]


def test_every_record_comes_out_as_it_was(tmp_path, letters, run):
    kinds = many(letters)
    variants = vcf(tmp_path / "in.vcf", *(line for line, _ in kinds))
    out = tmp_path / "out.vcf"
    outcome = run(variants, "--out", out)
    assert outcome.code == 0
    before, after = (path.read_text().splitlines() for path in (variants, out))
    added = [line for line in after if line not in before and line.startswith("##")]
    assert [line.partition(",")[0] for line in added[:-1]] == [
        f"##INFO=<ID=AGRONT_{name}" for name in ("LLR", "LLR_SD", "LLR_N", "REASON")
    ]
    assert json.loads(added[-1].removeprefix("##agront_score_variants="))["settings"]["score"] == ["llr"]
    records = [line for line in after if not line.startswith("#")]
    assert len(records) == len(kinds)
    for line, (old, reasons) in zip(records, kinds, strict=True):
        columns, old_columns = line.split("\t"), old.split("\t")
        assert columns[:7] == old_columns[:7]
        entries = [entry for entry in columns[7].split(";") if not entry.startswith("AGRONT_")]
        assert ";".join(entries) == old_columns[7].replace(".", "", 1 if old_columns[7] == "." else 0)
        given = dict(entry.split("=") for entry in columns[7].split(";") if entry.startswith("AGRONT_"))
        expected = ",".join(reason or "." for reason in reasons)
        assert given.get("AGRONT_REASON", expected) == expected
        scored = [value != "." for value in given["AGRONT_LLR"].split(",")] if "AGRONT_LLR" in given else [False]
        assert scored == [reason is None for reason in reasons] or not any(scored)
        assert ("AGRONT_LLR" in given) == (None in reasons)
    assert "without score 8 alleles: missing_alt 2, " in outcome.out
    assert "a model scores insertions and deletions, too, with --score llr pll" in outcome.out
    assert "contigs       spelt otherwise in the genome: 1 is Chr1, chr1 is Chr1" in outcome.out


def test_a_table_has_a_row_for_each_allele(tmp_path, letters, run):
    kinds = many(letters)
    variants = vcf(tmp_path / "in.vcf", *(line for line, _ in kinds))
    assert run(variants, "--out", tmp_path / "out.parquet", "--score", "llr", "pll", "wildtype").code == 0
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column_names == [
        *("record", "chrom", "pos", "ref", "alt", "id", "qual", "filter", "info", "llr", "llr_sd", "llr_n"),
        *("pll", "pll_sd", "pll_n", "wildtype", "wildtype_sd", "wildtype_n", "reason"),
    ]
    expected = [reason for _, reasons in kinds for reason in reasons]
    expected[3] = None  # the insertion
    assert table["reason"].to_pylist() == expected
    assert table["record"].to_pylist()[:4] == [1, 1, 1, 2]
    assert table["pos"].to_pylist()[:4] == [500, 500, 500, 40]
    assert table["qual"].to_pylist()[0] == "29.00"
    assert table["llr"].to_pylist()[3] is None
    assert table["pll_n"].to_pylist()[3] == 12
    assert table["pll"].to_pylist()[0] == pytest.approx(table["llr"].to_pylist()[0], abs=1e-5)


def test_tables_come_and_go(tmp_path, letters, run):
    lines = ["gene\tPOS\tchrom\tref\talt\teffect", f"g1\t500\t1\t{letters[499]}\t{other(letters[499])}\t0.50"]
    variants = tmp_path / "in.tsv"
    variants.write_text("\n".join(lines) + "\n")
    assert run(variants, "--out", tmp_path / "out.tsv").code == 0
    comment, header, row = (tmp_path / "out.tsv").read_text().splitlines()
    assert json.loads(comment.removeprefix("# "))["settings"]["variants"] == str(variants)
    assert header.split("\t") == [
        *("record", "chrom", "pos", "ref", "alt", "gene", "effect", "llr", "llr_sd", "llr_n", "reason")
    ]
    assert row.split("\t")[:7] == ["1", "1", "500", letters[499], other(letters[499]), "g1", "0.50"]
    outcome = run(variants, "--out", tmp_path / "out.vcf")
    assert outcome.code == 1
    assert "name a .tsv or .parquet output" in outcome.err


def test_compressed_and_binary_say_the_same(tmp_path, letters, genome, run):
    lines = [f"1\t{place}\t.\t{letters[place - 1]}\t{other(letters[place - 1])}\t.\t.\t." for place in (30, 400, 401)]
    variants = vcf(tmp_path / "in.vcf", *lines)
    outs = [tmp_path / name for name in ("out.vcf", "out.vcf.gz", "out.bcf")]
    for out in outs:
        assert run(variants, "--out", out).code == 0
    plain, zipped, binary = ([info(record, "LLR") for record in pysam.VariantFile(str(out))] for out in outs)
    assert plain == pytest.approx(zipped)
    assert plain == pytest.approx(binary, abs=1e-6)
    indexed = pysam.VariantFile(str(outs[1]))
    assert [record.pos for record in indexed.fetch("1", 350, 400)] == [400]
    assert run(outs[2], "--out", tmp_path / "again.vcf").code == 1  # it has scores
    # The model and the genome are the same from a store.
    ingest_genomes({"rice": [genome]}, tmp_path / "store")
    assert run(variants, "--out", tmp_path / "stored.vcf", "--genome", tmp_path / "store").code == 0
    stored = [info(record, "LLR") for record in pysam.VariantFile(str(tmp_path / "stored.vcf"))]
    assert stored == pytest.approx(plain)


def test_stopped_it_continues(tmp_path, letters, run, monkeypatch):
    lines = [f"1\t{place}\t.\t{letters[place - 1]}\t{other(letters[place - 1])}\t.\t.\t." for place in range(10, 90)]
    variants = vcf(tmp_path / "in.vcf", *lines)
    assert run(variants, "--out", tmp_path / "whole.vcf").code == 0
    monkeypatch.setattr("scoring.scoring_run.write_scores", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
    outcome = run(variants, "--out", tmp_path / "out.vcf")
    assert outcome.code == 130
    assert "the same command continues where this one stopped" in outcome.err
    assert not (tmp_path / "out.vcf").exists()
    outcome = run(variants, "--out", tmp_path / "out.vcf", "--score", "pll")
    assert outcome.code == 1
    assert "holds the unfinished output of another command (score" in outcome.err
    monkeypatch.undo()
    outcome = run(variants, "--out", tmp_path / "out.vcf")
    assert outcome.code == 0
    assert "80 variants were scored before" in outcome.out
    whole, resumed = ((tmp_path / name).read_text() for name in ("whole.vcf", "out.vcf"))
    assert whole.replace("whole.vcf", "out.vcf") == resumed
    assert not (tmp_path / "out.vcf.parts").exists()


def test_other_names_of_contigs(tmp_path, letters, run):
    line = f"NC_003070.9\t30\t.\t{letters[29]}\t{other(letters[29])}\t.\t.\t."
    variants, aliases, out = vcf(tmp_path / "in.vcf", line), tmp_path / "aliases.txt", tmp_path / "out.vcf"
    outcome = run(variants, "--out", out)
    assert outcome.code == 1
    assert "its contigs are NC_003070.9, and" in outcome.err
    assert "has none of them, but Chr1, Chr2" in outcome.err
    assert "--contig-aliases" in outcome.err
    aliases.write_text("# RefSeq Ensembl\nChr1\tNC_003070.9\n")
    assert run(variants, "--out", out, "--contig-aliases", aliases).code == 0
    [record] = pysam.VariantFile(str(out))
    assert info(record, "LLR_N") == 12
    aliases.write_text("Chr1\tNC_003070.9\tmore\n")
    outcome = run(variants, "--out", tmp_path / "other.vcf", "--contig-aliases", aliases)
    assert outcome.code == 1
    assert "aliases.txt: line 1 has 3 columns" in outcome.err


def test_most_references_wrong_is_said(tmp_path, letters, run):
    lines = [f"1\t{place}\t.\t{other(letters[place - 1])}\t{letters[place - 1]}\t.\t.\t." for place in range(10, 20)]
    outcome = run(vcf(tmp_path / "in.vcf", *lines), "--out", tmp_path / "out.vcf")
    assert outcome.code == 0
    assert "without score 10 alleles: ref_mismatch 10" in outcome.out
    assert "were they called on another assembly?" in outcome.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--context", "64"], "--context is 64: the model reads at most 63 tokens after <cls>"),
        (["--context", "0"], "--context is 0: it must be at least 1 token"),
        (["--batch-tokens", "0"], "--batch-tokens is 0"),
        (["--score", "llr", "llr"], "--score names a score twice"),
        (["--species", "rice"], "is a FASTA file, one genome: leave out the species 'rice'"),
        (["--out", "out.txt"], "out.txt: its ending says the format; give one of .vcf, .vcf.gz, .bcf, .tsv, .parquet"),
        (["--out", "no/out.vcf"], "there is no folder no"),
        (["--genome", "gone.fa"], "gone.fa: no such file"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path, letters, run, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    variants = vcf(tmp_path / "in.vcf", f"1\t30\t.\t{letters[29]}\t{other(letters[29])}\t.\t.\t.")
    outcome = run(variants, *(["--out", "out.vcf"] if "--out" not in options else []), *options)
    assert outcome.code == 1
    assert message in outcome.err.replace("\n", " ")
    assert not (tmp_path / "out.vcf").exists()


def test_scores_are_compared_with_a_column(tmp_path, letters, run):
    rng = np.random.default_rng(8)
    lines = [
        f"1\t{place}\t.\t{letters[place - 1]}\t{other(letters[place - 1])}\t.\t.\tLABEL={rng.integers(2)}"
        for place in range(100, 160)
    ]
    variants = vcf(tmp_path / "in.vcf", *lines)
    outcome = run(variants, "--out", tmp_path / "out.vcf", "--truth", "LABEL", "--score", "llr", "wildtype")
    assert outcome.code == 0
    rows = [line.split() for line in outcome.out.splitlines() if "AUROC" in line]
    assert [row[:3] for row in rows if row[1] == "all"] == [["llr", "all", "60"], ["wildtype", "all", "60"]]
    records = list(pysam.VariantFile(str(tmp_path / "out.vcf")))
    positive, negative = ([info(each, "LLR") for each in records if each.info["LABEL"] == str(n)] for n in (1, 0))
    in_order = np.mean([one > zero for one in positive for zero in negative])
    assert float(rows[0][4]) == pytest.approx(in_order, abs=0.001)
    outcome = run(variants, "--out", tmp_path / "other.vcf", "--truth", "EFFECT")
    assert outcome.code == 1
    assert "in.vcf: no record has a number in EFFECT (--truth)" in outcome.err


def test_a_damaged_line_is_named_before_anything_is_computed(tmp_path, letters, run):
    variants = vcf(
        tmp_path / "in.vcf", f"1\t30\t.\t{letters[29]}\t{other(letters[29])}\t.\t.\t.", "1\tx\t.\tA\tC\t.\t.\t."
    )
    outcome = run(variants, "--out", tmp_path / "out.vcf")
    assert outcome.code == 1
    assert "in.vcf: line 5: POS is 'x'" in outcome.err
    assert not (tmp_path / "out.vcf.parts").exists()


def test_a_file_without_records(tmp_path, run):
    variants = vcf(tmp_path / "in.vcf")
    assert run(variants, "--out", tmp_path / "out.vcf").code == 0
    assert [line for line in (tmp_path / "out.vcf").read_text().splitlines() if not line.startswith("#")] == []
