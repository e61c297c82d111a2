"""tools/embed.py as a user calls it: what it refuses, and its picture."""

import gzip
import os

import embed
import jax
import numpy as np
import pytest
from agront_model import AgroNTConfig, Pretrained, make_model, save_pretrained


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Two layers; a context of 40 tokens."""
    config = AgroNTConfig(num_layers=2, embed_dim=12, num_heads=2, ffn_dim=16, max_tokens=40)
    functions = make_model(config)
    folder = tmp_path_factory.mktemp("model")
    save_pretrained(Pretrained(functions, functions.init(jax.random.key(0), np.array([[3, 4]])), config), folder)
    return folder


@pytest.fixture
def fasta(tmp_path, random_dna, write_fasta):
    return write_fasta(tmp_path / "rice.fa", **{f"s{i}": random_dna(i, 10 + 53 * i % 180) for i in range(60)})


@pytest.fixture
def run(run_tool):
    """Call the tool on one of the four devices that tests have; each more costs compilations."""

    def call(*arguments, devices=1):
        return run_tool(embed.main, *arguments, "--devices", devices)

    return call


def test_what_is_there_is_not_written_over(tmp_path, model, fasta, run):
    out = tmp_path / "out.parquet"
    out.write_text("years of work")
    outcome = run(model, fasta, "--out", out)
    assert outcome.code == 1
    assert "out.parquet exists: remove it, or give another name with --out" in outcome.err
    assert out.read_text() == "years of work"


def test_a_picture_with_and_after_the_embeddings(tmp_path, model, fasta, run, monkeypatch):
    monkeypatch.setattr("pictures.umap_picture.check_umap_is_installed", lambda: None)
    monkeypatch.setattr("embedding.options.check_umap_is_installed", lambda: None)
    monkeypatch.setattr("pictures.umap_picture.lay_out", lambda vectors: vectors[:, :2])
    out, png = tmp_path / "out.parquet", tmp_path / "umap.png"
    command = (model, fasta, "--out", out, "--umap", png)
    outcome = run(*command)
    assert outcome.code == 0
    assert f"picture       {png}  (60 points)" in outcome.out
    before = out.read_bytes()
    png.unlink()
    monkeypatch.setattr("embed.embed_all", lambda *arguments: pytest.fail("embedded again"))
    assert run(*command, "--colour-by", "num_tokens").code == 0
    assert png.read_bytes().startswith(b"\x89PNG")
    assert out.read_bytes() == before
    png.unlink()
    assert run("any", "thing", "--out", out, "--umap", png, "--colour-by", "strand", "--layers", "0").code == 0
    assert png.exists()
    out.write_text("ok")
    outcome = run(*command)
    assert outcome.code == 1
    assert "out.parquet: was not written by embed.py" in outcome.err


BAD = {
    "empty file": ({"a.fa": ""}, ["a.fa"], ["a.fa: holds no FASTA record"]),
    "protein": ({"a.fa": ">p1\nMKVLAAG\n"}, ["a.fa"], ["a.fa: record 1 ('p1') has 'L' at position 3", "protein"]),
    "no sequence": ({"a.fa": ">p1\n>p2\nAC\n"}, ["a.fa"], ["record 1 ('p1') has no sequence"]),
    "truncated": ({"a.fa.gz": gzip.compress(b">a\n" + b"ACGT" * 999)[:40]}, ["a.fa.gz"], ["a.fa.gz: ", "truncated"]),
    "missing": ({}, ["a.fa"], ["a.fa: no such file"]),
    "N alone": ({"a.fa": ">a\nNNNN\n"}, ["a.fa", "--tile", "2"], ["nothing but N"]),
    "no genome": ({"a.bed": "chr1\t0\t5\n"}, ["a.bed"], ["a.bed names places only", "--genome"]),
    "beyond the end": (
        {"a.bed": "chr1\t0\t5\n", "g.fa": ">chr1\nACGT\n"},
        ["a.bed", "--genome", "g.fa"],
        ["a.bed: line 1", "chr1:0-5"],
    ),
    "GFF": ({"a.gff": "##gff-version 3\n", "g.fa": ">c\nA\n"}, ["a.gff", "--genome", "g.fa"], ["a.gff: is GFF"]),
    "layers": ({"a.fa": ">a\nACGT\n"}, ["a.fa", "--layers", "3"], ["error --layers: no hidden state 3"]),
    "layers twice": ({"a.fa": ">a\nACGT\n"}, ["a.fa", "--layers", "2", "-1"], ["twice (they are number 2, 2)"]),
    "overlap": ({"a.fa": ">a\nACGT\n"}, ["a.fa", "--overlap", "39"], ["error --overlap must lie in [0, 39)"]),
    "tile": ({"a.fa": ">a\nACGT\n"}, ["a.fa", "--tile", "0"], ["error --tile is 0: a tile has at least 1 base"]),
    "step": ({"a.fa": ">a\nA\n"}, ["a.fa", "--tile", "6", "--step", "0"], ["error --step is 0: it must be 1 to 6"]),
    "picture of tokens": ({"a.fa": ">a\nACGT\n"}, ["a.fa", "--umap", "u.png", "--pool", "tokens"], ["--pool tokens"]),
    "picture of two": ({"a.fa": ">a\nACGT\n"}, ["a.fa", "--umap", "u.png"], ["at least 3 sequences, there are 1"]),
    "picture's name": ({"a.fa": ">a\nACGT\n"}, ["a.fa", "--umap", "u.svg"], ["u.svg: name a file that ends in .png"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_a_sentence_and_leaves_nothing(case, tmp_path, model, run, monkeypatch):
    files, arguments, message = BAD[case]
    monkeypatch.setattr("embedding.options.check_umap_is_installed", lambda: None)
    monkeypatch.chdir(tmp_path)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    outcome = run(model, *arguments, "--out", "out.parquet")
    assert outcome.code == 1, outcome.out
    assert outcome.err.startswith("error ")
    for part in message:
        assert part in outcome.err
    assert {path.name for path in tmp_path.iterdir()} == set(files)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "out.csv"), "give one of .parquet, .npz, .zarr"),
        (("--out", "nowhere/out.npz"), "there is no folder nowhere"),
        (("--out", "out.npz", "--devices", "99"), "--devices is 99: this machine has 4"),
    ],
)
def test_bad_options_are_sentences(arguments, message, model, tmp_path, run_tool, fasta, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = run_tool(embed.main, model, fasta, *arguments)
    assert outcome.code == 1
    assert message in outcome.err
    assert os.listdir(tmp_path) == ["rice.fa"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--batch-tokens", "0"), "--batch-tokens is 0: it must be at least 1"),
        (("--layers",), "--layers is empty: name at least one hidden state, such as -1 for the last"),
    ],
)
def test_what_no_model_can_do_is_refused_before_model_and_input_are_looked_for(arguments, message, tmp_path, run_tool):
    outcome = run_tool(embed.main, "no/such/model", "nowhere.fa", "--out", tmp_path / "out.npz", *arguments)
    assert (outcome.code, outcome.err) == (1, f"error {message}\n")


def test_a_file_in_the_place_of_the_model_is_said_and_the_order_where_they_are_swapped(tmp_path, model, fasta, run):
    swapped = run(fasta, model, "--out", tmp_path / "out.npz")
    assert swapped.err == f"error {fasta} is a file, and {model} a model: give the model first, then the files\n"
    twice = run(fasta, fasta, "--out", tmp_path / "out.npz")
    assert twice.err == f"error {fasta}: is a file; as MODEL give a folder of weights, or a repository OWNER/NAME\n"
    assert run(fasta, tmp_path, "--out", tmp_path / "out.npz").err == twice.err


def test_a_sequence_whose_tokens_do_not_fit_memory_is_refused(tmp_path, model, fasta, run, monkeypatch):
    monkeypatch.setattr("agront_data.tables.embedding_table._MOST_BYTES", 1000)
    outcome = run(model, fasta, "--out", tmp_path / "out.npz", "--pool", "tokens")
    assert outcome.code == 1
    assert "of memory at once; cut it with --tile" in outcome.err
    assert run(model, fasta, "--out", tmp_path / "out.npz").code == 0


def test_a_missing_model_is_a_sentence(tmp_path, run):
    outcome = run(tmp_path / "no-model", "no-input.fa", "--out", tmp_path / "out.npz")
    assert outcome.code == 1
    assert "no-model: no such folder" in outcome.err


def test_a_link_to_nowhere_is_not_written_over(tmp_path, model, fasta, run):
    (tmp_path / "out.npz").symlink_to("nowhere.npz")
    outcome = run(model, fasta, "--out", tmp_path / "out.npz")
    assert outcome.code == 1
    assert "out.npz exists" in outcome.err
