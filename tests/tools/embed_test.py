"""tools/embed.py as a user calls it, against the model applied to each sequence by itself."""

import gzip
import json
import os
import resource
import signal
import subprocess
import sys
import time

import embed
import jax
import numpy as np
import pyarrow.parquet as pq
import pytest
import zarr
from agront_model import AgroNTConfig, Pretrained, make_model, save_pretrained
from agront_model.inference import Embedder
from agront_tokenizer import KmerTokenizer
from embedding import part_loop
from embedding.part_loop import embed_parts

TOOL = embed.__file__
# Tokens of a part with --batch-tokens 64, which makes many parts of few sequences.
MANY_PARTS = ("--batch-tokens", "64")


@pytest.fixture(scope="module")
def pretrained():
    """Two layers; a context of 40 tokens: sequences of up to 204 bases fit."""
    config = AgroNTConfig(num_layers=2, embed_dim=12, num_heads=2, ffn_dim=16, max_tokens=40)
    model = make_model(config)
    params = model.init(jax.random.key(0), np.array([[3, 4]]))
    rng = np.random.default_rng(1)
    params = jax.tree.map(lambda x: np.asarray(x) + 0.3 * rng.standard_normal(x.shape).astype(np.float32), params)
    return Pretrained(model, params, config)


@pytest.fixture(scope="module")
def model(pretrained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    save_pretrained(pretrained, folder)
    return folder


@pytest.fixture(scope="module")
def states(pretrained):
    """All hidden states of one sequence, alone in its batch and without padding: [layers + 1, T, D]."""

    def compute(letters):
        tokens = KmerTokenizer().encode(letters)
        padded = np.concatenate([tokens, np.full(40 - len(tokens), 1)])[None]  # one shape, so one compilation
        return np.asarray(pretrained.model.encode(pretrained.params, padded, hidden_states=True).hidden_states)[
            :, 0, : len(tokens)
        ]

    return compute


@pytest.fixture(scope="module")
def sequences(random_dna):
    return {f"s{i}": random_dna(i, 10 + 53 * i % 180) for i in range(60)}


@pytest.fixture
def fasta(tmp_path, sequences, write_fasta):
    return write_fasta(tmp_path / "rice.fa", **sequences)


@pytest.fixture
def run(run_tool, monkeypatch):
    """Call the tool on one of the four devices that tests have; each more costs compilations."""

    def call(*arguments, devices=1):
        return run_tool(embed.main, *arguments, "--devices", devices)

    return call


def read(out):
    """Columns of a Parquet file as NumPy arrays."""
    table = pq.read_table(out)
    return {name: np.array(table[name].to_pylist()) for name in table.column_names}


def test_embeddings_are_the_mean_over_tokens_in_the_order_of_the_input(tmp_path, model, fasta, sequences, states, run):
    out = tmp_path / "out.parquet"
    outcome = run(model, fasta, "--out", out)
    assert outcome.code == 0, outcome.err
    columns = read(out)
    assert columns["id"].tolist() == list(sequences)
    expected = [states(letters)[2, 1:].mean(axis=0) for letters in sequences.values()]
    np.testing.assert_allclose(columns["embedding"], expected, atol=1e-5)
    assert columns["num_tokens"].tolist() == [len(KmerTokenizer().encode(letters)) for letters in sequences.values()]
    assert set(columns["species"]) == {"rice"}
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["out.parquet", "rice.fa"]
    assert "60 sequences, " in outcome.out
    assert "% padding" in outcome.out
    assert "compilation" in outcome.out


@pytest.mark.parametrize("ending", [".npz", ".zarr"])
def test_other_formats_pools_and_layers(ending, tmp_path, model, fasta, sequences, states, run):
    out = tmp_path / f"out{ending}"
    outcome = run(model, fasta, "--out", out, "--pool", "cls", "--layers", "0", "-1")
    assert outcome.code == 0, outcome.err
    columns = np.load(out, allow_pickle=False) if ending == ".npz" else zarr.open(out, mode="r")
    assert columns["id"][:].tolist() == list(sequences)
    for name, layer in (("embedding_layer_0", 0), ("embedding_layer_2", 2)):
        expected = [states(letters)[layer, 0] for letters in sequences.values()]
        np.testing.assert_allclose(columns[name][:], expected, atol=1e-5)
    metadata = json.loads(str(columns["metadata"])) if ending == ".npz" else dict(columns.attrs)
    assert metadata["layers"] == [0, 2]
    assert metadata["pool"] == "cls"
    assert metadata["layer_norm_eps"] == 1e-12
    assert len(metadata["model_fingerprint"]) == 64
    assert metadata["model"] == str(model)
    assert "--pool cls --layers 0 -1" in metadata["command"]


def test_tokens_of_a_region_on_the_minus_strand(tmp_path, model, random_dna, write_fasta, states, run):
    contig = random_dna(0, 500)
    genome = write_fasta(tmp_path / "genome.fa", chr1=contig)
    bed, out = tmp_path / "rice.bed", tmp_path / "out.parquet"
    bed.write_text("chr1\t100\t120\tgene\t0\t-\nchr1\t7\t20\tother\t0\t+\n")
    assert run(model, bed, "--genome", genome, "--out", out, "--pool", "tokens").code == 0
    columns = read(out)
    minus = contig[100:120].translate(str.maketrans("ACGT", "TGCA"))[::-1]
    expected = np.concatenate([states(minus)[2], states(contig[7:20])[2]])
    np.testing.assert_allclose(columns["embedding"], expected, atol=1e-5)
    assert columns["id"].tolist() == ["gene"] * 6 + ["other"] * 4
    tokens = zip(columns["token"], columns["token_start"].tolist(), columns["token_end"].tolist(), strict=True)
    assert list(tokens)[1:6] == [
        (minus[:6], 114, 120),
        (minus[6:12], 108, 114),
        (minus[12:18], 102, 108),
        (minus[18], 101, 102),
        (minus[19], 100, 101),
    ]


def test_sequences_beyond_the_context_are_said(tmp_path, model, write_fasta, random_dna, states, run):
    # 60 6-mers and <cls> in a context of 40: two tiles of 39 6-mers, the last of which covers the tokens from 22 on.
    letters = random_dna(5, 360)
    fasta = write_fasta(tmp_path / "a.fa", long=letters, short="ACGTAC")
    outcome = run(model, fasta, "--out", tmp_path / "out.parquet", "--pool", "tokens")
    assert "1 of 2 sequences did not fit the context of 40 tokens" in outcome.out
    columns = read(tmp_path / "out.parquet")
    assert columns["num_tiles"].tolist() == [2] * 61 + [1] * 2
    np.testing.assert_allclose(columns["embedding"][1:25], states(letters[: 39 * 6])[2, 1:25], atol=1e-5)
    np.testing.assert_allclose(columns["embedding"][45:61], states(letters[21 * 6 :])[2, -16:], atol=1e-5)


def test_tiles_of_contigs(tmp_path, model, random_dna, write_fasta, states, run):
    contig = random_dna(9, 250)
    fasta = write_fasta(tmp_path / "a.fa", chr1=contig)
    assert run(model, fasta, "--out", tmp_path / "out.parquet", "--tile", 100, "--step", 80).code == 0
    columns = read(tmp_path / "out.parquet")
    places = [(0, 100), (80, 180), (160, 250)]
    assert list(zip(columns["start"].tolist(), columns["end"].tolist(), strict=True)) == places
    expected = [states(contig[start:end])[2, 1:].mean(axis=0) for start, end in places]
    np.testing.assert_allclose(columns["embedding"], expected, atol=1e-5)


def test_several_devices_and_bfloat16(tmp_path, model, fasta, run):
    assert run(model, fasta, "--out", tmp_path / "one.parquet").code == 0
    assert run(model, fasta, "--out", tmp_path / "two.parquet", devices=2).code == 0
    assert run(model, fasta, "--out", tmp_path / "bfloat16.parquet", "--precision", "bfloat16").code == 0
    one, two, bfloat16 = (read(tmp_path / f"{name}.parquet")["embedding"] for name in ("one", "two", "bfloat16"))
    np.testing.assert_allclose(two, one, atol=1e-5)
    assert 1e-5 < np.abs(bfloat16 - one).max() < 0.2


def stop_after(parts, monkeypatch, error):
    """Let the Embedder raise when it is asked for one part more."""
    calls = iter(range(1000))

    class Stopping(Embedder):
        def __call__(self, *arguments):
            if next(calls) == parts:
                raise error
            return super().__call__(*arguments)

    monkeypatch.setattr("embedding.embedding_run.Embedder", Stopping)


def test_after_ctrl_c_the_same_command_goes_on(tmp_path, model, fasta, run, monkeypatch):
    command = (model, fasta, "--out", tmp_path / "out.parquet", *MANY_PARTS)
    with monkeypatch.context() as patched:
        patched.setattr(part_loop, "_PART_BATCHES", 4)
        assert run(*command).code == 0
        (tmp_path / "out.parquet").rename(tmp_path / "undisturbed.parquet")
        stop_after(2, patched, KeyboardInterrupt())
        stopped = run(*command)
    assert stopped.code == 130
    assert "the same command goes on where this one stopped" in stopped.err
    assert not (tmp_path / "out.parquet").exists()
    parts = tmp_path / "out.parquet.parts"
    assert sorted(path.name for path in parts.glob("*.arrow")) == ["000000.arrow", "000001.arrow"]
    times = {path: path.stat().st_mtime_ns for path in parts.glob("*.arrow")}
    monkeypatch.setattr(part_loop, "_PART_BATCHES", 4)
    with monkeypatch.context() as patched:  # they are found, not made again
        stop_after(1, patched, KeyboardInterrupt())
        assert run(*command).code == 130
    assert {path: path.stat().st_mtime_ns for path in times} == times
    resumed = run(*command)
    assert resumed.code == 0
    assert "were embedded before" in resumed.out
    assert (tmp_path / "out.parquet").read_bytes() == (tmp_path / "undisturbed.parquet").read_bytes()
    assert not parts.exists()


def test_another_command_model_or_input_does_not_go_on(tmp_path, model, fasta, run, monkeypatch, pretrained, contents):
    monkeypatch.setattr(part_loop, "_PART_BATCHES", 4)
    command = (model, fasta, "--out", tmp_path / "out.npz", *MANY_PARTS)
    with monkeypatch.context() as patched:
        stop_after(2, patched, KeyboardInterrupt())
        assert run(*command).code == 130
    before = contents(tmp_path / "out.npz.parts")

    outcome = run(*command, "--pool", "cls")
    assert outcome.code == 1
    assert "pool: 'mean' there, 'cls' here" in outcome.err

    other = Pretrained(pretrained.model, jax.tree.map(lambda x: x + 1, pretrained.params), pretrained.config)
    save_pretrained(other, tmp_path / "other")
    outcome = run(tmp_path / "other", *command[1:])
    assert outcome.code == 1
    assert "out.npz.parts: holds the unfinished output of another command (model: " in outcome.err

    text = fasta.read_text()
    fasta.write_text(text.replace(">s1\n", ">s1\nA"))
    outcome = run(*command)
    assert outcome.code == 1
    assert "made of other sequences from number 1, 's0', on: an input has changed since" in outcome.err

    assert contents(tmp_path / "out.npz.parts") == before
    fasta.write_text(text)
    assert run(*command).code == 0


def test_a_killed_process_loses_no_finished_part(tmp_path, model, random_dna, write_fasta, run):
    fasta = write_fasta(tmp_path / "many.fa", **{f"s{i}": random_dna(i, 200) for i in range(2000)})
    command = (model, fasta, *MANY_PARTS, "--out", tmp_path / "killed.parquet")
    parts = tmp_path / "killed.parquet.parts"
    with subprocess.Popen([sys.executable, TOOL, *command, "--devices", "1"], stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while len(list(parts.glob("*.arrow"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "killed.parquet").exists()
    assert "were embedded before" in run(*command).out
    assert run(*command[:-1], tmp_path / "whole.parquet").code == 0
    killed, whole = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("killed", "whole"))
    assert killed.equals(whole)
    assert whole.num_rows == 2000
    assert not parts.exists()


def test_a_full_disk_is_a_sentence_and_the_same_command_goes_on(tmp_path, model, fasta, run, monkeypatch):
    monkeypatch.setattr(part_loop, "_PART_BATCHES", 16)
    command = (model, fasta, "--out", tmp_path / "out.parquet", *MANY_PARTS)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))  # fails in write(), as a full disk does
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "")
    try:
        outcome = run(*command)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert outcome.code == 1
    assert "cannot be written: File too large" in outcome.err
    assert "make room, and the same command goes on from there" in outcome.err.replace("\n", " ")
    assert not (tmp_path / "out.parquet").exists()
    assert run(*command).code == 0


def test_an_input_that_changes_meanwhile_is_noticed(tmp_path, model, fasta, run, monkeypatch):
    def embed_fewer(sequences, *arguments, **options):
        next(sequences)
        return embed_parts(sequences, *arguments, **options)

    monkeypatch.setattr("embedding.embedding_run.embed_parts", embed_fewer)
    outcome = run(model, fasta, "--out", tmp_path / "out.parquet")
    assert outcome.code == 1
    assert "an input changed while it was read" in outcome.err
    assert not (tmp_path / "out.parquet").exists()


def test_a_device_without_memory_for_a_batch_is_a_sentence(tmp_path, model, fasta, run, monkeypatch):
    stop_after(0, monkeypatch, jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 99 bytes."))
    outcome = run(model, fasta, "--out", tmp_path / "out.parquet")
    assert outcome.code == 1
    assert "give the same command with a smaller --batch-tokens" in outcome.err


def test_what_is_there_is_not_written_over(tmp_path, model, fasta, run):
    out = tmp_path / "out.parquet"
    out.write_text("years of work")
    outcome = run(model, fasta, "--out", out)
    assert outcome.code == 1
    assert "out.parquet exists: remove it, or give another name with --out" in outcome.err
    assert out.read_text() == "years of work"


def test_a_picture_with_and_after_the_embeddings(tmp_path, model, fasta, run, monkeypatch):
    monkeypatch.setattr("embedding.umap_picture.check_umap_is_installed", lambda: None)
    monkeypatch.setattr("embedding.options.check_umap_is_installed", lambda: None)
    monkeypatch.setattr("embedding.umap_picture.lay_out", lambda vectors: vectors[:, :2])
    out, png = tmp_path / "out.parquet", tmp_path / "umap.png"
    command = (model, fasta, "--out", out, "--umap", png)
    outcome = run(*command)
    assert outcome.code == 0
    assert f"picture       {png}  (60 points)" in outcome.out
    before = out.read_bytes()
    png.unlink()
    stop_after(0, monkeypatch, AssertionError("embedded again"))
    assert run(*command, "--colour-by", "num_tokens").code == 0
    assert png.read_bytes().startswith(b"\x89PNG")
    assert out.read_bytes() == before
    outcome = run(*command, "--pool", "cls")
    assert outcome.code == 1
    assert "exists and was made by another command" in outcome.err


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
    "layers": ({"a.fa": ">a\nACGT\n"}, ["a.fa", "--layers", "3"], ["no hidden state 3"]),
    "layers twice": ({"a.fa": ">a\nACGT\n"}, ["a.fa", "--layers", "2", "-1"], ["--layers 2 -1", "twice"]),
    "overlap": ({"a.fa": ">a\nACGT\n"}, ["a.fa", "--overlap", "39"], ["overlap must lie in"]),
    "batch": ({"a.fa": ">a\nACGT\n"}, ["a.fa", "--batch-tokens", "0"], ["batch_tokens must be at least 1"]),
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


def test_a_sequence_whose_tokens_do_not_fit_memory_is_refused(tmp_path, model, fasta, run, monkeypatch):
    monkeypatch.setattr("embedding.embedding_run._MOST_BYTES", 1000)
    outcome = run(model, fasta, "--out", tmp_path / "out.npz", "--pool", "tokens")
    assert outcome.code == 1
    assert "of memory at once; cut it with --tile" in outcome.err
    assert run(model, fasta, "--out", tmp_path / "out.npz").code == 0


def test_a_missing_model_is_a_sentence(tmp_path, fasta, run):
    outcome = run(tmp_path / "no-model", fasta, "--out", tmp_path / "out.npz")
    assert outcome.code == 1
    assert "no-model" in outcome.err
