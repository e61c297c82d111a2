import bz2
import gzip
import io
import lzma
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from agront_data import BaseCounts, Contig, GenomeProgress, GenomeStore, ingest_genomes
from xopen import xopen

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


def test_progress_counts_bases_and_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agront_data.sequence_files.text_chunks._BLOCK_BYTES", 6)
    one, two, three = (
        fasta(tmp_path / "1.fa", a="ACGTAC", b="T"),
        fasta(tmp_path / "2.fa", c="GG"),
        fasta(tmp_path / "3.fa", d="A"),
    )
    seen: list[GenomeProgress] = []
    ingest_genomes({"y": [two], "x": [one, three]}, tmp_path / "store", on_progress=seen.append)
    # ">a\nACGTAC\n>b\nT\n" in pieces of six letters, then the next genome.
    assert [tuple(state[:4]) for state in seen] == [
        ("x", one, "a", 3),
        ("x", one, "a", 6),
        ("x", one, "b", 7),
        ("x", three, "d", 8),
        ("y", two, "c", 2),
    ]
    assert {state.bytes_in_all for state in seen[:4]} == {one.stat().st_size + three.stat().st_size}
    assert seen[3].bytes_read == seen[3].bytes_in_all


def bgzip(text: bytes) -> bytes:
    """Blocks of their own, and an empty one at the end."""
    return b"".join(gzip.compress(text[start : start + 50]) for start in range(0, len(text), 50)) + gzip.compress(b"")


def zstd(text: bytes) -> bytes:
    packed = io.BytesIO()
    with xopen(packed, "wb", format="zst") as file:
        file.write(text)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("suffix", "compress"),
    [
        ("fa", bytes),
        ("fa.gz", gzip.compress),
        ("txt", gzip.compress),
        ("fa.gz", bgzip),
        ("fa.bz2", bz2.compress),
        ("fa.xz", lzma.compress),
        ("fa.zst", zstd),
    ],
)
def test_compressed_files_give_the_same_store(tmp_path: Path, suffix: str, compress: Callable[[bytes], bytes]) -> None:
    text = b">chr1 first\r\n" + b"ACGTnacgtR\r\n" * 30 + b"\n>chr2\nGGG"
    path = tmp_path / f"plant.{suffix}"
    path.write_bytes(compress(text))
    seen: list[GenomeProgress] = []
    store = ingest_genomes({"plant": [path]}, tmp_path / "store", on_progress=seen.append)
    assert store.genomes[0].contigs == (Contig("chr1", 0, 300), Contig("chr2", 300, 3))
    # Of ten letters: A 2, C 2, G 2, T 2, N 2 (the R among them), five lower case; and GGG.
    assert store.genomes[0].counts == BaseCounts(A=60, T=60, C=60, G=63, N=60, soft_masked=150)
    assert (seen[-1].bytes_read, seen[-1].num_bases) == (path.stat().st_size, 303)


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


def test_a_pipe_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="pipe: is a pipe, and this job reads its input more than once"):
        ingest_genomes({"rice": [tmp_path / "pipe"]}, tmp_path / "store")
    assert not (tmp_path / "store").exists()


def test_a_file_whose_name_is_not_utf_8_is_read_and_such_a_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"gr\xfcn.fa")
    path.write_text(">chr1\nACGT\n")
    assert ingest_genomes({"rice": [path]}, tmp_path / "store").num_bases == 4
    assert ingest_genomes({"rice": [path]}, tmp_path / "store").num_bases == 4  # the same again does nothing
    strange = tmp_path / os.fsdecode(b"gr\xfcn.store")
    with pytest.raises(ValueError, match=r"gr\\xfcn\.store: this path is not text in UTF-8"):
        ingest_genomes({"rice": [path]}, strange)
    with pytest.raises(ValueError, match=r"gr\\xfcn\.store: this path is not text in UTF-8"):
        GenomeStore.open(strange)


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
    other = fasta(tmp_path / "1.fa", a="T")
    with pytest.raises(ValueError, match=r"holds a finished store of plant; add genomes to it with `add`"):
        ingest_genomes({"other": [other]}, store.location)
    with pytest.raises(ValueError, match="'plant' is in the store, made from other files"):
        ingest_genomes({"plant": [other]}, store.location)
    with pytest.raises(ValueError, match="'plant' is in the store, made from other files"):
        ingest_genomes({"plant": [other], "more": [other]}, store.location, add=True)
    assert files_under(Path(store.location)) == before


def test_same_ingest_again_does_nothing(tmp_path: Path) -> None:
    source = fasta(tmp_path / "1.fa", a="ACGT")
    first = ingest_genomes({"plant": [source]}, tmp_path / "store")
    before = files_under(tmp_path / "store")
    os.utime(source, (1, 1))  # fetched again, say
    seen: list[GenomeProgress] = []
    again = ingest_genomes({"plant": [source]}, tmp_path / "store", on_progress=seen.append)
    assert (again.fingerprint, seen) == (first.fingerprint, [])
    assert files_under(tmp_path / "store") == before


def test_genomes_added_later_give_the_same_store(tmp_path: Path) -> None:
    genomes = {name: [fasta(tmp_path / f"{name}.fa", **{name: "ACGTN" * 9 + name.upper()})] for name in ("a", "t", "c")}
    added = ingest_genomes({"t": genomes["t"]}, tmp_path / "added")
    assert [genome.name for genome in added.genomes] == ["t"]
    added = ingest_genomes({"c": genomes["c"], "a": genomes["a"]}, tmp_path / "added", add=True)
    at_once = ingest_genomes(genomes, tmp_path / "at_once")
    assert added.fingerprint == at_once.fingerprint
    assert files_under(tmp_path / "added") == files_under(tmp_path / "at_once")


def test_store_is_what_it_was_while_genomes_are_added(tmp_path: Path) -> None:
    first, bad = fasta(tmp_path / "1.fa", a="ACGT"), fasta(tmp_path / "2.fa", b="AC!T")
    before = ingest_genomes({"a": [first]}, tmp_path / "store")
    with pytest.raises(ValueError, match=r"2\.fa"):
        ingest_genomes({"b": [bad]}, tmp_path / "store", add=True)
    after = GenomeStore.open(tmp_path / "store")
    assert (after.genomes, after.fingerprint) == (before.genomes, before.fingerprint)
    assert after.read_windows(np.array([0]), np.array([0]), np.array([4]), 4).tolist() == [[0, 2, 3, 1]]
    both = ingest_genomes({"b": [fasta(bad, b="ACT")]}, tmp_path / "store", add=True)
    assert [genome.name for genome in both.genomes] == ["a", "b"]


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
from agront_data import ingest_genomes
from agront_data.sequence_files import text_chunks
from agront_data.store import layout

layout.SHARD_BASES, layout.CHUNK_BASES, text_chunks._BLOCK_BYTES = 64, 16, 50
genomes = {"a": [sys.argv[1]], "b": [sys.argv[1]], "c": [sys.argv[1]]}
seen = []


def die(progress):
    seen.append(progress)
    if len(seen) == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    ingest_genomes(genomes, sys.argv[2], on_progress=die, workers=int(sys.argv[4]))
"""


def small_chunks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("agront_data.store.layout.SHARD_BASES", 64)
    patch.setattr("agront_data.store.layout.CHUNK_BASES", 16)


# 520 bytes in blocks of 50, two of them with a header inside, make 13 pieces: killed in the first genome, at its last
# piece, in the second, the third, and at the very last.
@pytest.mark.parametrize("killed_at", [2, 13, 14, 27, 39])
def test_killed_ingest_goes_on_genome_by_genome(
    tmp_path: Path, killed_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = fasta(tmp_path / "1.fa", one="ACGTN" * 20, two="GATTACA" * 50, three="TTTTTTTTTT" * 5)
    (tmp_path / "killed.py").write_text(KILLED)
    command = [sys.executable, tmp_path / "killed.py", source, tmp_path / "store", str(killed_at), "1"]
    process = subprocess.run(command, check=False)
    assert process.returncode == -signal.SIGKILL
    with pytest.raises(ValueError, match="its ingest was interrupted"):
        GenomeStore.open(tmp_path / "store")
    finished = {path.stem for path in (tmp_path / "store" / "ingested").glob("*.json")}
    assert finished == set("abc"[: (killed_at - 1) // 13])

    small_chunks(monkeypatch)
    seen: list[GenomeProgress] = []
    genomes = {"c": [source], "b": [source], "a": [source]}
    again = ingest_genomes(genomes, tmp_path / "store", on_progress=seen.append)
    clean = ingest_genomes(genomes, tmp_path / "clean")
    reports = {name: [state.num_bases for state in seen if state.genome == name] for name in "abc"}
    # All of the file is one block here, with three contigs.
    assert reports == {name: [500] if name in finished else [100, 450, 500] for name in "abc"}
    assert again.fingerprint == clean.fingerprint
    assert files_under(tmp_path / "store") == files_under(tmp_path / "clean")


def test_a_finished_genome_is_read_again_if_its_file_has_changed(tmp_path: Path) -> None:
    one, bad = fasta(tmp_path / "1.fa", a="ACGT"), fasta(tmp_path / "2.fa", b="AC!T")
    record = tmp_path / "store" / "ingested" / "a.json"
    for _ in range(2):
        with pytest.raises(ValueError, match="'!'"):
            ingest_genomes({"a": [one], "b": [bad]}, tmp_path / "store")
    one.write_text(">a\nTTTT\n")  # as many bytes
    os.utime(one, (1, 1))
    fasta(bad, b="A")
    written = record.read_bytes()
    store = ingest_genomes({"a": [one], "b": [bad]}, tmp_path / "store")
    assert store.genomes[0].counts == BaseCounts(A=0, T=4, C=0, G=0, N=0, soft_masked=0)
    assert record.read_bytes() != written

    os.utime(one, (2, 2))  # the same file, fetched again
    assert ingest_genomes({"a": [one], "b": [bad]}, tmp_path / "store").fingerprint == store.fingerprint
    one.write_text(">a\ntttt\n")
    with pytest.raises(ValueError, match=r"'a' is in the store, made from other files than .*1\.fa"):
        ingest_genomes({"a": [one], "b": [bad]}, tmp_path / "store")


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    source = fasta(tmp_path / "1.fa", a="ACGT" * 100)

    def grow(progress: GenomeProgress) -> None:
        if progress.bytes_in_all == source.stat().st_size:
            with open(source, "a") as file:
                file.write("ACGT\n")

    with pytest.raises(ValueError, match=r"1\.fa: changed while it was read; run again"):
        ingest_genomes({"a": [source]}, tmp_path / "store", on_progress=grow)
    assert not (tmp_path / "store" / "ingested" / "a.json").exists()
    assert ingest_genomes({"a": [source]}, tmp_path / "store").num_bases == 404


@pytest.mark.parametrize("damage", ["marker", "record"])
def test_what_cannot_be_told_is_ingested_again(tmp_path: Path, damage: str) -> None:
    one, bad = fasta(tmp_path / "1.fa", a="ACGT"), fasta(tmp_path / "2.fa", b="AC!T")
    with pytest.raises(ValueError, match="'!'"):
        ingest_genomes({"a": [one], "b": [bad]}, tmp_path / "store")
    if damage == "marker":  # of an ingest by another version
        (tmp_path / "store" / "unfinished.json").write_text('{"format": "agront-genome-store", "format_version": 1}')
    else:
        (tmp_path / "store" / "ingested" / "a.json").write_text('{"sources": [')
    seen: list[GenomeProgress] = []
    ingest_genomes({"a": [one], "b": [fasta(bad, b="A")]}, tmp_path / "store", on_progress=seen.append)
    assert [(state.genome, state.bytes_read) for state in seen] == [("a", 8), ("b", 5)]
    assert len(list((tmp_path / "store" / "genomes" / "a").rglob("*"))) == 3  # zarr.json, c, c/0


def test_no_place(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no place for the store is named"):
        ingest_genomes({"a": [fasta(tmp_path / "1.fa", a="ACGT")]}, "")


def test_contig_names_may_come_twice_across_genomes(tmp_path: Path) -> None:
    store = ingest_genomes(
        {"a": [fasta(tmp_path / "1.fa", chr1="ACG")], "b": [fasta(tmp_path / "2.fa", chr1="TT")]}, tmp_path / "store"
    )
    assert [(genome.name, genome.contigs) for genome in store.genomes] == [
        ("a", (Contig("chr1", 0, 3),)),
        ("b", (Contig("chr1", 0, 2),)),
    ]


LONG_LINE = """
import re, sys
from pathlib import Path
from agront_data import ingest_genomes


def peak_mebibytes():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) >> 10


before = peak_mebibytes()
ingest_genomes({"plant": [sys.argv[1]]}, sys.argv[2])
print(peak_mebibytes() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from /proc")
def test_a_line_of_200_megabases_and_a_contig_of_n(tmp_path: Path) -> None:
    unit, copies = "ACGTTGCAGT", 20_000_000
    with open(tmp_path / "1.fa", "w") as file:
        file.write(f">all_n\n{'N' * 3_000_000}\n>line\n")
        file.writelines(unit * (copies // 100) for _ in range(100))
    command = [sys.executable, "-c", LONG_LINE, tmp_path / "1.fa", tmp_path / "store"]
    grown = int(subprocess.run(command, capture_output=True, check=True).stdout)
    assert grown < 160  # MiB: two shards with what tensorstore makes of them; the line alone has 191
    store = GenomeStore.open(tmp_path / "store")
    assert store.genomes[0].contig_counts == (
        BaseCounts(A=0, T=0, C=0, G=0, N=3_000_000, soft_masked=0),
        BaseCounts(A=2 * copies, T=3 * copies, C=2 * copies, G=3 * copies, N=0, soft_masked=0),
    )
    assert store.n_runs(0).tolist() == [[0, 3_000_000]]
    last = store.read_windows(np.array([0]), np.array([202_999_990]), np.array([10]), 10)
    assert last.tolist() == [["ATCG".index(letter) for letter in unit]]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a full disk is a small tmpfs here, and this user may mount none")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_full_disk_loses_no_finished_genome(tmp_path: Path, small_disk: Path) -> None:
    small = fasta(tmp_path / "1.fa", a="ACGT" * 100)
    letters = "".join(np.random.default_rng(0).choice(list("ACGT"), 6_000_000))
    large = fasta(tmp_path / "2.fa", b=letters)
    with pytest.raises(OSError, match=r"disk/store/: cannot be written to; .*No space left"):
        ingest_genomes({"a": [small], "b": [large]}, small_disk / "store")
    with pytest.raises(ValueError, match="its ingest was interrupted"):
        GenomeStore.open(small_disk / "store")
    assert (small_disk / "store" / "ingested" / "a.json").exists()
    store = ingest_genomes({"a": [small]}, small_disk / "store")
    with pytest.raises(OSError, match="No space left"):
        ingest_genomes({"b": [large]}, small_disk / "store", add=True)
    assert GenomeStore.open(small_disk / "store").fingerprint == store.fingerprint


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


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    Path("rice.fa").write_text(">c\nACGT\n")
    ingest_genomes({"rice": [Path("rice.fa")]}, "~/store")
    assert {path.name for path in tmp_path.iterdir()} == {"home", "rice.fa"}
    assert GenomeStore.open("~/store").num_bases == GenomeStore.open(tmp_path / "home" / "store").num_bases == 4
