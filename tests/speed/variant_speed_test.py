"""The script runs; its contenders agree, and the others share nothing."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from agront_data.regions import ContigBases
from agront_model import AgroNTConfig
from variant_speed import agront, contig_length, pass_each, pytorch, random_contig, workloads

SCRIPT = Path(__file__).parents[2] / "speed" / "variant_speed.py"
TOY = AgroNTConfig(num_layers=2, embed_dim=32, num_heads=2, ffn_dim=64, max_tokens=16, initializer_range=0.3)
CONTIG = random_contig(contig_length(TOY, sites=2, bases=8))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "genome.fa").write_text(f">chr1\n{CONTIG}\n")
    return tmp_path


def test_each_workload_is_what_its_title_says():
    sparse, three, saturation, wildtype = workloads(TOY, CONTIG, sites=2, bases=8, sample=1)
    assert wildtype.rows == saturation.rows
    assert [load.score for load in (sparse, three, saturation, wildtype)] == ["llr"] * 3 + ["wildtype"]
    assert [[len(row.record.alternatives) for row in load.rows] for load in (sparse, three, saturation)] == [
        [1] * 2,
        [3] * 2,
        [3] * 8,
    ]
    for row in (*sparse.rows, *three.rows, *saturation.rows):
        position = row.record.position
        assert {CONTIG[position], *row.record.alternatives} <= set("ACGT")
        assert CONTIG[position] == row.record.reference not in row.record.alternatives
        assert 15 * 6 <= position < len(CONTIG) - 15 * 6  # windows are whole
    first, second = (row.record.position for row in sparse.rows)
    assert second - first > 15 * 6  # and those of two sites apart
    positions = [row.record.position for row in saturation.rows]
    assert np.diff(positions).tolist() == [1] * 7


def test_the_others_read_each_allele_in_twelve_windows_of_its_own(folder):
    three = workloads(TOY, CONTIG, sites=2, bases=8, sample=1)[1]
    read = []

    def logits(tokens):
        read.extend(tokens)
        return np.zeros((*tokens.shape, TOY.vocabulary_size), np.float32)

    scores = pass_each(TOY, ContigBases(folder / "genome.fa"), logits)(three.rows, "llr")
    assert scores.tolist() == [0] * 6
    assert len(read) == 6 * 12
    assert {(len(tokens), (tokens == 2).sum()) for tokens in read} == {(16, 1)}
    assert len({tokens.tobytes() for tokens in read}) == 2 * 12  # alleles of a site have the same


@pytest.mark.parametrize("score", ["llr", "wildtype"])
def test_all_give_the_same_scores(score, folder):
    contenders = agront(TOY, folder)
    if importlib.util.find_spec("torch") and importlib.util.find_spec("transformers"):
        contenders |= pytorch(TOY, folder)
    saturation = workloads(TOY, CONTIG, sites=2, bases=8, sample=1)[2]
    ours, *others = [scores(saturation.rows, score) for scores in contenders.values()]
    assert ours.shape == (24,)
    assert ours.std() > 0.1
    for other in others:
        np.testing.assert_allclose(other, ours, atol=1e-4)


@pytest.mark.slow
def test_the_script_prints_a_table_with_the_goal():
    command = [sys.executable, str(SCRIPT), "--size", "demo", "--only", "sparse", "--rounds", "1"]
    environment = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    outcome = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    assert "Sparse sites (1), 1 alternative at each" in outcome.stdout
    assert "agront, windows shared" in outcome.stdout
    assert "PyTorch is left out" in outcome.stdout or "goal 1.0" in outcome.stdout
    assert "Saturation" not in outcome.stdout
