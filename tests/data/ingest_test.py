import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from agront_data import GenomeStore, IngestProgress, ingest_genomes

Make = Callable[..., GenomeStore]


def fasta(path: Path, **contigs: str) -> Path:
    path.write_text("".join(f">{name}\n{sequence}\n" for name, sequence in contigs.items()))
    return path


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_of_a_genome_keep_their_order(tmp_path: Path) -> None:
    one, two = fasta(tmp_path / "1.fa", chr2="ACG", chr1="T"), fasta(tmp_path / "2.fa", chr3="GG")
    store = ingest_genomes({"plant": [str(two), one]}, str(tmp_path / "new" / "store"))
    assert [contig.name for contig in store.genomes[0].contigs] == ["chr3", "chr2", "chr1"]
    assert store.location == str(tmp_path / "new" / "store")
    assert not (tmp_path / "new" / "store" / "unfinished.json").exists()


def test_progress_counts_files_and_bases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agront_data.ingest._BLOCK_BASES", 4)
    one, two = fasta(tmp_path / "1.fa", a="ACGTAC", b="T"), fasta(tmp_path / "2.fa", c="GG")
    seen: list[IngestProgress] = []
    ingest_genomes({"y": [two], "x": [one]}, tmp_path / "store", on_progress=seen.append)
    assert [tuple(state) for state in seen] == [
        ("x", one, "a", 1, 2, 4),
        ("x", one, "a", 1, 2, 6),
        ("x", one, "b", 1, 2, 7),
        ("y", two, "c", 2, 2, 9),
    ]


def test_two_contigs_of_one_name(tmp_path: Path) -> None:
    one, two = fasta(tmp_path / "1.fa", chr1="ACG"), fasta(tmp_path / "2.fa", chr1="TTT")
    with pytest.raises(ValueError, match="genome 'plant' has two contigs of the name 'chr1'") as error:
        ingest_genomes({"plant": [one, two]}, tmp_path / "store")
    assert str(one) in str(error.value)
    assert str(two) in str(error.value)
    store = ingest_genomes({"plant": [one], "other": [two]}, tmp_path / "store")
    assert store.num_bases == 6


@pytest.mark.parametrize(
    ("genomes", "message"),
    [
        ({}, "no genome to ingest"),
        ({"plant": []}, "'plant' has no FASTA file"),
        ({"../plant": ["a.fa"]}, r"genome name '\.\./plant' cannot be a folder's"),
        ({"": ["a.fa"]}, "genome name '' cannot"),
        ({"a:b": ["a.fa"]}, "genome name 'a:b' cannot"),
    ],
)
def test_genomes_that_cannot_be(tmp_path: Path, genomes: dict[str, list[str]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ingest_genomes(genomes, tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_no_such_file_leaves_nothing_behind(tmp_path: Path) -> None:
    good = fasta(tmp_path / "1.fa", a="ACG")
    with pytest.raises(FileNotFoundError, match=re.escape(f"{tmp_path / 'gone.fa'}: no such file (genome 'b')")):
        ingest_genomes({"a": [good], "b": [tmp_path / "gone.fa"]}, tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_bad_sequence_leaves_no_store_and_can_be_tried_again(tmp_path: Path) -> None:
    good, bad = fasta(tmp_path / "1.fa", a="ACGN"), fasta(tmp_path / "2.fa", b="ACGMEEPQ")
    with pytest.raises(ValueError, match=r"2\.fa: record 1 \('b'\) has 'E'"):
        ingest_genomes({"x": [good], "y": [bad]}, tmp_path / "store")
    with pytest.raises(ValueError, match="is not a finished store: its ingest was interrupted; run it again"):
        GenomeStore.open(tmp_path / "store")
    again = ingest_genomes({"x": [good]}, tmp_path / "store")
    clean = ingest_genomes({"x": [good]}, tmp_path / "clean")
    assert again.fingerprint == clean.fingerprint
    assert files_under(tmp_path / "store") == files_under(tmp_path / "clean")


def test_finished_store_is_not_touched(make_store: Make, tmp_path: Path) -> None:
    store = make_store({"plant": {"c": "ACGT"}})
    before = files_under(Path(store.location))
    with pytest.raises(ValueError, match="holds a finished store; open it, remove it, or name another place"):
        ingest_genomes({"plant": [fasta(tmp_path / "1.fa", a="T")]}, store.location)
    assert files_under(Path(store.location)) == before


def test_other_folders_are_not_touched(tmp_path: Path) -> None:
    source, folder = fasta(tmp_path / "1.fa", a="ACG"), tmp_path / "folder"
    (folder / "genomes").mkdir(parents=True)
    fasta(folder / "genomes" / "mine.fa", a="ACG")
    before = files_under(folder)
    with pytest.raises(ValueError, match="holds other files and no genome store"):
        ingest_genomes({"plant": [source]}, folder)
    assert files_under(folder) == before
    with pytest.raises(ValueError, match="is a file; name a new folder"):
        ingest_genomes({"plant": [source]}, source)
    (tmp_path / "empty").mkdir()
    assert ingest_genomes({"plant": [source]}, tmp_path / "empty").num_bases == 3


KILLED = """
import os, signal, sys
from agront_data import ingest_genomes, storage

storage.SHARD_BASES, storage.CHUNK_BASES = 64, 16
genomes = {"a": [sys.argv[1]], "b": [sys.argv[1]]}


def die(state):
    if state.num_bases == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)


ingest_genomes(genomes, sys.argv[2], on_progress=die)
"""


@pytest.mark.parametrize("killed_at", [100, 500, 950])
def test_killed_ingest_is_no_store_and_starts_again(tmp_path: Path, killed_at: int) -> None:
    source = fasta(tmp_path / "1.fa", one="ACGTN" * 20, two="GATTACA" * 50, three="TTTTTTTTTT" * 5)
    process = subprocess.run([sys.executable, "-c", KILLED, source, tmp_path / "store", str(killed_at)], check=False)
    # A genome has 500 bases; progress comes after 100, 450 and 500 of them.
    assert process.returncode == -signal.SIGKILL
    assert os.listdir(tmp_path / "store")
    with pytest.raises(ValueError, match="its ingest was interrupted"):
        GenomeStore.open(tmp_path / "store")
    again = ingest_genomes({"a": [source], "b": [source]}, tmp_path / "store")
    clean = ingest_genomes({"a": [source], "b": [source]}, tmp_path / "clean")
    assert again.fingerprint == clean.fingerprint
    assert files_under(tmp_path / "store") == files_under(tmp_path / "clean")


def test_store_written_over_a_url(tmp_path: Path) -> None:
    source = fasta(tmp_path / "1.fa", a="ACGNN")
    by_url = ingest_genomes({"plant": [source]}, f"file://{tmp_path}/url")
    by_path = ingest_genomes({"plant": [source]}, tmp_path / "path")
    assert by_url.fingerprint == by_path.fingerprint
    assert files_under(tmp_path / "url") == files_under(tmp_path / "path")


def test_a_marker_of_somebody_elses_clears_nothing(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    (mine / "genomes").mkdir(parents=True)
    (mine / "unfinished.json").write_text("my list of things to do")
    (mine / "genomes" / "thesis.fa").write_text(">a\nACGT\n")
    before = files_under(mine)
    with pytest.raises(ValueError, match="holds other files and no genome store"):
        ingest_genomes({"plant": [fasta(tmp_path / "1.fa", a="ACGT")]}, mine)
    assert files_under(mine) == before
