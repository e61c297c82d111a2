"""tools/mutagenesis.py --dependencies as a user calls it: maps, pictures, what is refused."""

import itertools
import json

import agront_model.inference
import mutagenesis
import numpy as np
import pytest
from agront_model import load_pretrained
from agront_tokenizer import KmerTokenizer

LETTERS = "GATTACACCATGG"  # 13
PARTNER = str.maketrans("ACGT", "TGCA")
GFF = "chr1\tx\tgene\t110\t115\t.\t-\t.\tID=gene1;Name=FLOWER\n"


@pytest.fixture
def genome(tmp_path, random_dna, write_fasta):
    sequence = random_dna(1, 400)
    return write_fasta(tmp_path / "genome.fa", chr1=sequence, chr2=f"{LETTERS.lower()}NRACG{LETTERS[:9]}")


@pytest.fixture
def run(run_tool, reference, tmp_path, monkeypatch):
    """Call the tool on one device, in a folder of its own, with few passes for the table."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        command = (*arguments, "--score", "wildtype", "--batch-tokens", 1024, "--devices", 1)
        return run_tool(mutagenesis.main, reference / "esm_tiny", *command)

    return call


@pytest.fixture
def calls(monkeypatch):
    """How many rows each call of the model of bases had; the one after `most` stops as Ctrl-C does."""
    rows_each, most = [], [np.inf]
    compute = agront_model.inference.BaseLikelihoods.__call__

    def counted(self, rows, progress=None):
        if len(rows_each) == most[0]:
            raise KeyboardInterrupt
        rows_each.append(len(rows))
        return compute(self, rows, progress)

    monkeypatch.setattr(agront_model.inference.BaseLikelihoods, "__call__", counted)
    return rows_each, most


def odds_by_letters(text, model):
    """The odds of A, C, G, T at each base, from tokens cut of strings."""
    tokenizer, sums = KmerTokenizer(), np.zeros((len(text), 4))
    counts = np.zeros((len(text), 1))
    for strand, phase in itertools.product((text, text.translate(PARTNER)[::-1]), range(6)):
        cut = strand[phase : phase + (len(strand) - phase) // 6 * 6]
        [answer] = model([np.array(tokenizer.encode(cut))])
        answer = answer.reshape(-1, 4)[:, ["ATCG".index(base) for base in "ACGT"]]
        first = phase
        if strand is not text:
            answer, first = answer[::-1, ::-1], len(text) - phase - len(cut)
        sums[first : first + len(cut)] += answer
        counts[first : first + len(cut)] += 1
    shares = sums / counts + 1e-10
    return shares / (shares.sum(axis=1, keepdims=True) - shares)


def test_maps_of_regions_with_pictures(tmp_path, genome, run, reference):
    (tmp_path / "a.gff3").write_text(GFF)
    regions = ("--region", "Chr1:111-117", "chr2:1-18")
    outcome = run("--genome", genome, *regions, "--out", "a.tsv", "--dependencies", "a.npz", "--gff", "a.gff3")
    assert outcome.code == 0, outcome.err
    assert "mapped        25 positions of 2 regions" in outcome.out
    assert "not mapped    5 positions (NaN): N, or fewer than 6 A, C, G, T in a row" in outcome.out
    assert "dependencies  a.chr1_111-117.npz, a.chr1_111-117.png" in outcome.out
    for name in ("a.chr1_111-117.png", "a.chr2_1-18.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    assert not list(tmp_path.glob("*.parts"))
    one, two = np.load("a.chr1_111-117.npz"), np.load("a.chr2_1-18.npz")
    assert one["map"].dtype == np.float32
    assert one["position"].tolist() == list(range(111, 118))
    assert "".join(two["reference"]) == LETTERS + "NNACG"
    assert (str(two["contig"]), str(one["region"])) == ("chr2", "Chr1:111-117")
    assert json.loads(str(one["metadata"]))["model_fingerprint"]
    is_read = np.arange(18) < 13
    np.testing.assert_array_equal(np.isfinite(two["map"]), np.outer(is_read, is_read))
    assert (np.diagonal(one["map"]) == 0).all()
    model = agront_model.inference.BaseLikelihoods(
        load_pretrained(reference / "esm_tiny"), KmerTokenizer().vocabulary.token_bases
    )
    before = np.log2(odds_by_letters(LETTERS, model))
    for place in (0, 11):
        others = [LETTERS[:place] + base + LETTERS[place + 1 :] for base in "ACGT" if base != LETTERS[place]]
        changes = [np.abs(np.log2(odds_by_letters(other, model)) - before).max(axis=1) for other in others]
        expected = np.max(changes, axis=0)
        expected[place] = 0
        np.testing.assert_allclose(two["map"][place, :13], expected, atol=1e-5)


def test_the_other_strand_has_the_map_turned(tmp_path, run, write_fasta):
    records = write_fasta(tmp_path / "a.fa", one=LETTERS, other=LETTERS.translate(PARTNER)[::-1])
    assert run("--fasta", records, "--out", "a.tsv", "--dependencies", "a.npz").code == 0
    one, other = np.load("a.one_1-13.npz")["map"], np.load("a.other_1-13.npz")["map"]
    assert one.max() > 1e-3
    np.testing.assert_allclose(other, one[::-1, ::-1], atol=1e-5)


def test_what_was_computed_is_not_computed_again(tmp_path, genome, run, calls):
    rows_each, most = calls
    command = ("--genome", genome, "--region", "chr1:11-27", "--out", "a.tsv", "--dependencies")
    assert run(*command, "whole.npz").code == 0
    assert rows_each == [2 * 6 * (1 + 3 * 16), 2 * 6 * (1 + 3 * 1)]
    (tmp_path / "a.tsv").unlink()
    most[0] = 3
    assert run(*command, "b.npz").code == 130
    assert not list(tmp_path.glob("b.*ng"))
    assert not (tmp_path / "b.npz").exists()
    most[0] = 4
    outcome = run(*command, "b.npz")
    assert outcome.code == 0, outcome.err
    assert "17 positions of 1 region; 16 of them were mapped before" in outcome.out
    np.testing.assert_array_equal(np.load("b.npz")["map"], np.load("whole.npz")["map"])
    (tmp_path / "a.tsv").unlink()
    (tmp_path / "b.png").unlink()
    assert "17 of them were mapped before" in run(*command, "b.npz").out
    assert (tmp_path / "b.png").exists()
    assert len(rows_each) == 4
    (tmp_path / "a.tsv").unlink()
    outcome = run(*command[:3], "chr1:12-28", *command[4:], "b.npz")
    assert "b.npz exists, and is not the map of chr1:12-28 by this model" in outcome.err


REGION = ["--genome", "genome.fa", "--region"]
MAP = ["--dependencies", "a.npz"]
BAD = {
    "long": ([*REGION, "chr1", *MAP], ["chr1 has 400 bases, and a map at most 378: 6 for each of the 63 tokens"]),
    "context": ([*REGION, "chr1:1-31", *MAP, "--context", "5"], ["at most 30", "regions, or a larger --context"]),
    "too large": ([*REGION, "chr1:1-31", *MAP, "--context", "99"], ["--context is 99: the model reads at most 63"]),
    "no token": ([*REGION, "chr1:3-7", *MAP], ["chr1:3-7 has nowhere 6 letters A, C, G, T in a row"]),
    "ending": ([*REGION, "chr1:1-9", "--dependencies", "a.png"], ["is a.png: name a file that ends in .npz"]),
    "picture": ([*REGION, "chr1:1-9", *MAP, "--plot", "a.png"], ["--plot is a.png: --dependencies draws a picture of"]),
    "folder": ([*REGION, "chr1:1-9", "--dependencies", "no/a.npz"], ["--dependencies is no/a.npz: there is no folder"]),
    "there": ([*REGION, "chr1:1-9", "--dependencies", "b.npz"], ["b.npz exists, and is not the map", "another name"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_maps_are_sentences_before_the_model_is_read(case, tmp_path, genome, run):
    arguments, message = BAD[case]
    np.savez(tmp_path / "b.npz", other=np.zeros(3))
    before = sorted(path.name for path in tmp_path.iterdir())
    outcome = run(*arguments, "--out", "out.tsv")
    assert outcome.code == 1, outcome.out
    for part in message:
        assert part in outcome.err
    assert "parameters from" not in outcome.out
    assert sorted(path.name for path in tmp_path.iterdir()) == before
