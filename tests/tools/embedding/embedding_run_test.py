"""What tools/embed.py writes, against the model applied to each sequence by itself."""

import json
import os

import numpy as np
import pyarrow.parquet as pq
import pytest
import zarr
from agront_tokenizer import KmerTokenizer


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


def test_labels_are_split_off_where_they_surely_are_and_that_is_said(tmp_path, model, write_fasta, run):
    dna = {"a|0": "ACGTACGT", "b|1": "ACGTAC"}
    benchmark = write_fasta(tmp_path / "benchmark.fa", **dna)
    outcome = run(model, benchmark, "--out", tmp_path / "labels.parquet")
    assert "labels        1 column from headers such as 'a|0'\n" in outcome.out
    columns = read(tmp_path / "labels.parquet")
    found = {name: columns[name].tolist() for name in ("id", "contig", "label")}
    assert found == {"id": ["a", "b"], "contig": ["a|0", "b|1"], "label": [0, 1]}
    outcome = run(model, benchmark, "--out", tmp_path / "none.parquet", "--labels", "none")
    assert "labels        none" in outcome.out
    columns = read(tmp_path / "none.parquet")
    assert "label" not in columns
    assert columns["id"].tolist() == columns["contig"].tolist() == ["a|0", "b|1"]


def test_a_file_whose_name_is_not_utf_8_is_read_and_shown(tmp_path, model, write_fasta, run):
    fasta = write_fasta(tmp_path / os.fsdecode(b"gr\xfcn.fa"), a="ACGTAC")
    assert run(model, fasta, "--out", tmp_path / "out.parquet").code == 0
    assert read(tmp_path / "out.parquet")["species"].tolist() == [r"gr\xfcn"]
