import re

import numpy as np
import pytest
from agront_data import GenomeStore, encode_sequence, ingest_genomes
from agront_data.regions import ContigBases

CONTIGS = {"a": "NNACGTnnRacgNTTTN", "b": "ACGT", "c": "N", "d": "GGNN"}


@pytest.fixture(params=["FASTA", "store", "folder"])
def genome(request, tmp_path):
    path = tmp_path / "rice.fa"
    path.write_text("".join(f">{name}\n{letters}\n" for name, letters in CONTIGS.items()))
    if request.param == "FASTA":
        return ContigBases(path)
    (tmp_path / "oat.fa").write_text(">a\nCCCC\n")
    ingest_genomes({"oat": [tmp_path / "oat.fa"], "rice": [path]}, tmp_path / "store")
    store = tmp_path / "store"
    return ContigBases(GenomeStore.open(store) if request.param == "store" else store, species="rice")


def test_pieces_in_any_order(genome):
    assert genome.lengths == {name: len(letters) for name, letters in CONTIGS.items()}
    places = [("a", 5, 12), ("b", 0, 4), ("a", 0, 17), ("a", 5, 6)]
    for (contig, start, end), codes in zip(places, genome.read(places), strict=True):
        np.testing.assert_array_equal(codes, encode_sequence(CONTIGS[contig][start:end].upper()))


@pytest.mark.parametrize("contig", CONTIGS)
def test_runs_of_known_bases(genome, contig):
    letters = CONTIGS[contig].upper()
    runs = [match.span() for match in re.finditer("[ACGT]+", letters)]
    assert genome.known_runs(contig, 0, len(letters)).tolist() == [list(run) for run in runs]
    for place in range(len(letters)):
        around = [list(run) for run in runs if run[0] <= place + 1 and run[1] >= place]
        assert genome.known_runs(contig, place, place + 1).tolist() == around


def test_a_genome_has_one_fingerprint(tmp_path):
    path = tmp_path / "g.fa"
    path.write_text(">a\nACGT\n>b\nAC\n")
    first = ContigBases(path).fingerprint
    path.write_text(">a\nACG\n>b\nTAC\n")
    assert ContigBases(path).fingerprint != first
    path.write_text(">a\nacgt\n>b x\nAC\n")
    assert ContigBases(path).fingerprint == first  # the soft-mask is not read


def test_contigs_that_nobody_wants_take_no_memory(tmp_path):
    path = tmp_path / "g.fa"
    path.write_text(">a\nACGT\n>b\nAC\n")
    genome = ContigBases(path, wanted="b".__eq__)
    assert genome.lengths == {"a": 4, "b": 2}
    assert genome.read([("b", 0, 1)])[0].tolist() == [0]
    with pytest.raises(KeyError):
        genome.read([("a", 0, 1)])


def test_a_species_is_needed_where_there_are_two(tmp_path):
    (tmp_path / "g.fa").write_text(">a\nACGT\n")
    ingest_genomes({name: [tmp_path / "g.fa"] for name in ("oat", "rice")}, tmp_path / "store")
    with pytest.raises(ValueError, match=r"holds 2 genomes \(oat, rice\): name the species \(`species`\)"):
        ContigBases(tmp_path / "store")
    with pytest.raises(ValueError, match="is a FASTA file, one genome: leave out the species"):
        ContigBases(tmp_path / "g.fa", species="rice")
