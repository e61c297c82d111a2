from pathlib import Path

import pytest
from agront_data.store import genome_name, group_by_genome


def test_genomes_are_named_by_their_files_or_by_the_name_given():
    assert group_by_genome(("a/oryza.fa.gz", "b/zea.mays.fasta", "x=c.fna", "x=d.fas.zst", "plain")) == {
        "oryza": [Path("a/oryza.fa.gz")],
        "zea.mays": [Path("b/zea.mays.fasta")],
        "x": [Path("c.fna"), Path("d.fas.zst")],
        "plain": [Path("plain")],
    }


def test_a_file_given_twice_or_no_file_is_refused():
    with pytest.raises(ValueError, match=r"a\.fa is given twice"):
        group_by_genome(("x=a.fa", "x=a.fa"))
    with pytest.raises(ValueError, match="no FASTA file is named"):
        group_by_genome(())


def test_two_files_without_a_name_are_not_silently_one_genome():
    with pytest.raises(ValueError, match=r"rice/genome.fa and maize/genome.fa would both be the genome 'genome'"):
        group_by_genome(("rice/genome.fa", "maize/genome.fa"))


def test_an_equals_sign_in_a_folder_is_no_name():
    assert group_by_genome(("data/run=3/genome.fa", "x=run=3.fa")) == {
        "genome": [Path("data/run=3/genome.fa")],
        "x": [Path("run=3.fa")],
    }


def test_an_equals_sign_in_a_file_s_own_name_is_no_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("k=31.fa").touch()
    assert group_by_genome(["k=31.fa"]) == {"k_31": [Path("k=31.fa")]}


def test_a_file_whose_name_gives_none_is_refused():
    with pytest.raises(ValueError, match=r"data/小麦\.fa: its name has no letter .* name it: NAME=data/小麦\.fa"):
        group_by_genome(["data/小麦.fa"])
    assert group_by_genome(["wheat=data/小麦.fa"]) == {"wheat": [Path("data/小麦.fa")]}


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("oryza_sativa.fa.gz", "oryza_sativa"),
        ("GCF_000001735.4_TAIR10.1_genomic.fna.gz", "GCF_000001735.4_TAIR10.1_genomic"),
        ("my genome.fasta.zst", "my_genome"),
        ("plain", "plain"),
    ],
)
def test_a_genome_is_named_by_its_file(file, name):
    assert genome_name(Path("somewhere") / file) == name
