"""Runs of known bases of a genome with many contigs, beside those that letters give."""

import re

import numpy as np
import pytest
from agront_data import GenomeStore, ingest_genomes
from agront_data.regions import ContigBases
from agront_data.regions.store_known_runs import StoreKnownRuns


def runs_of_letters(letters):
    return [list(match.span()) for match in re.finditer("[ACGT]+", letters)]


@pytest.mark.parametrize("seed", range(3))
def test_contigs_that_n_runs_touch_at_their_borders(seed, tmp_path):
    rng = np.random.default_rng(seed)
    drawn = ["".join(rng.choice(list("ACN"), rng.integers(1, 9), p=[0.3, 0.3, 0.4])) for _ in range(40)]
    contigs = {f"c{number}": letters for number, letters in enumerate(["ANN", "NNNN", "N", "NAN", "A", *drawn])}
    (tmp_path / "g.fa").write_text("".join(f">{name}\n{letters}\n" for name, letters in contigs.items()))
    (tmp_path / "other.fa").write_text(">c1\nACN\n")
    ingest_genomes({"a": [tmp_path / "other.fa"], "b": [tmp_path / "g.fa"]}, tmp_path / "store")
    genome = ContigBases(tmp_path / "store", species="b")
    found = {name: genome.known_runs(name, 0, len(letters)).tolist() for name, letters in contigs.items()}
    assert found == {name: runs_of_letters(letters) for name, letters in contigs.items()}


@pytest.mark.parametrize("n_runs", [[], [(0, 3)], [(3, 7)], [(2, 3), (3, 4), (7, 8)], [(1, 9)], [(0, 10)], [(4, 5)]])
def test_runs_may_reach_over_borders(n_runs):
    letters = np.full(10, "A")
    for start, end in n_runs:
        letters[start:end] = "N"
    places = {"one": (0, 3), "two": (3, 7), "three": (7, 10)}
    runs = StoreKnownRuns(places, np.array(n_runs, np.int64).reshape(-1, 2))
    for contig, (start, end) in places.items():
        assert runs.of(contig).tolist() == runs_of_letters("".join(letters[start:end]))


def test_the_store_is_read_once_for_all_contigs(tmp_path, monkeypatch):
    (tmp_path / "g.fa").write_text("".join(f">{number}\nACGN\n" for number in range(9)))
    ingest_genomes({"a": [tmp_path / "g.fa"]}, tmp_path / "store")
    reads, read = [], GenomeStore.n_runs
    monkeypatch.setattr(GenomeStore, "n_runs", lambda store, genome: reads.append(genome) or read(store, genome))
    genome = ContigBases(tmp_path / "store")
    assert [genome.known_runs(str(number), 0, 4).tolist() for number in range(9)] == [[[0, 3]]] * 9
    assert reads == [0]
