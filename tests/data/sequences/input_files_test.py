import os
from pathlib import Path

import pytest
from agront_data.sequences import InputFile, parse_files


@pytest.mark.parametrize(
    ("argument", "species"),
    [
        ("rice=folder/a.fa", "rice"),
        ("folder/oryza_sativa.fa.gz", "oryza_sativa"),
        ("zea.mays.fna.bgz", "zea.mays"),
        ("genes.bed", "genes"),
        ("data/release=1/a.fasta", "a"),
        ("peaks", "peaks"),
        ("few.gz", "few"),
    ],
)
def test_a_species_is_named_by_its_file_or_by_name(argument, species):
    given = argument.startswith("rice=")
    assert parse_files([argument]) == (InputFile(species, argument.removeprefix("rice="), given),)


def test_a_file_s_own_name_may_have_an_equals_sign(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("genome=x.fa").write_text(">a\nACGT\n")
    assert parse_files(["genome=x.fa"]) == (InputFile("genome=x", "genome=x.fa"),)


def test_bytes_of_a_name_that_are_not_utf_8_are_shown():
    path = os.fsdecode(b"data/gr\xfcn.fa.gz")
    assert parse_files([path]) == (InputFile(r"gr\xfcn", path),)


def test_an_empty_name_is_refused():
    with pytest.raises(ValueError, match=r"=a\.fa: there is no NAME before the ="):
        parse_files(["=a.fa"])
