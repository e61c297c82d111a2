import gzip
import subprocess
import sys
from pathlib import Path

import prepare_data
import pytest
from agront_data import GenomeStore

TOOL = Path(prepare_data.__file__)
DNA = "ACGTTGCAAC" * 30


def write_truncated_gzip(path):
    data = gzip.compress(f">c1\n{DNA}\n".encode() * 1000)
    path.write_bytes(data[: len(data) // 2])


def write_binary(path):
    path.write_bytes(bytes(range(256)))


# What a file is: how to write it, and what the message must say besides the file's name.
BAD_FILES = {
    "missing.fa": (None, ["no such file", "check the path"]),
    "empty.fa": ("", ["empty", "fetch it again"]),
    "prose.fa": ("hello world\n", ["not FASTA", "begins with", "hello world"]),
    "reads.fa": ("@r1\nACGT\n+\nIIII\n", ["FASTQ", "convert it"]),
    "protein.fa": (">c1\nACGT\n>p1\nMKVLAAG\n", ["record 2", "'p1'", "'L'", "position 3", "protein"]),
    "rna.fa": (">r1\nACGUACGU\n", ["record 1", "'r1'", "'U'", "position 3", "write T for U"]),
    "alignment.fa": (">a1\nAC-GT\n", ["record 1", "'a1'", "'-'", "position 2", "gaps"]),
    "truncated.fa.gz": (write_truncated_gzip, ["truncated", "fetch it again"]),
    "plain.fa.gz": (f">c1\n{DNA}\n", ["not of the kind its ending says"]),
    "binary.fa": (write_binary, ["not FASTA"]),
    "twice.fa": (">c1\nACGT\n>c1 again\nACGT\n", ["two contigs of the name 'c1'", "rename or remove one"]),
    "nameless.fa": (">\nACGT\n", ["record 1", "no name"]),
    "headers.fa": (">a\n>b\nACGT\n", ["record 1", "'a'", "no sequence"]),
}


def write_bad_file(folder, name):
    content, _ = BAD_FILES[name]
    if callable(content):
        content(folder / name)
    elif content is not None:
        (folder / name).write_text(content)
    return folder / name


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_is_no_dna_is_refused_and_leaves_no_store(name, tmp_path, run_tool):
    file, store = write_bad_file(tmp_path, name), tmp_path / "store"
    outcome = run_tool(prepare_data.main, "--out", store, file)
    assert outcome.code == 1
    assert outcome.out == ""
    assert outcome.err.startswith("error ")
    for part in [str(file), *BAD_FILES[name][1]]:
        assert part in outcome.err
    with pytest.raises((ValueError, FileNotFoundError)):
        GenomeStore.open(store)


@pytest.mark.parametrize("name", ["missing.fa", "protein.fa"])
def test_what_was_written_before_a_bad_file_is_no_store_and_does_not_stand_in_the_way(
    name, tmp_path, run_tool, write_fasta
):
    good, bad = write_fasta(tmp_path / "good.fa", c1=DNA), write_bad_file(tmp_path, name)
    assert run_tool(prepare_data.main, "--out", tmp_path / "store", good, bad).code == 1
    with pytest.raises((ValueError, FileNotFoundError)):
        GenomeStore.open(tmp_path / "store")
    assert run_tool(prepare_data.main, "--out", tmp_path / "store", good).code == 0
    assert [genome.name for genome in GenomeStore.open(tmp_path / "store").genomes] == ["good"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("other.fa", "holds a finished store of good; add genomes to it with --add, or name another place"),
        ("protein.fa", "holds a finished store of good"),
        ("good=other.fa", "genome 'good' is in the store, made from other files"),
    ],
)
def test_a_finished_store_is_never_written_over(source, message, tmp_path, run_tool, write_fasta, contents):
    write_fasta(tmp_path / "good.fa", c1=DNA)
    write_fasta(tmp_path / "other.fa", c1=DNA[:-1])
    write_fasta(tmp_path / "protein.fa", p1="MKVLAAG")
    store = tmp_path / "store"
    assert run_tool(prepare_data.main, "--out", store, tmp_path / "good.fa").code == 0
    before = contents(store)
    name, _, file = source.rpartition("=")
    outcome = run_tool(prepare_data.main, "--out", store, f"{name}{'=' * bool(name)}{tmp_path / file}")
    assert outcome.code == 1
    assert message in outcome.err
    assert contents(store) == before


def test_again_does_nothing_and_add_adds(tmp_path, run_tool, write_fasta, contents):
    good, more = write_fasta(tmp_path / "good.fa", c1=DNA), write_fasta(tmp_path / "more.fa", c1=DNA)
    store = tmp_path / "store"
    first = run_tool(prepare_data.main, "--out", store, good)
    before = contents(store)
    again = run_tool(prepare_data.main, "--out", store, good)
    assert (again.code, again.out) == (0, first.out)
    assert contents(store) == before
    assert run_tool(prepare_data.main, "--out", store, "--add", more, "--workers", "2").code == 0
    assert [genome.name for genome in GenomeStore.open(store).genomes] == ["good", "more"]


def test_a_folder_of_other_things_and_a_file_are_left_alone(tmp_path, run_tool, write_fasta, contents):
    good = write_fasta(tmp_path / "good.fa", c1=DNA)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    before = contents(tmp_path)
    for place, message in ((tmp_path / "thesis", "holds other files"), (good, "it is a file; name a new folder")):
        outcome = run_tool(prepare_data.main, "--out", place, good)
        assert outcome.code == 1
        assert f"{place}: {message}" in outcome.err
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no FASTA file is named"),
        (["{good}", "{good}"], "{good} is given twice"),
        (["a b={good}"], "genome name 'a b' cannot be a folder's"),
        (["={good}"], "={good}: there is no NAME before the ="),
        (["{good}", "--workers", "0"], "error --workers is 0: it must be at least 1"),
        (["{good}", "--workers=-5"], "error --workers is -5: it must be at least 1"),
        (["{folder}"], "{folder}: is a folder; name the FASTA files in it"),
    ],
)
def test_arguments_that_name_no_genome_are_refused(arguments, message, tmp_path, run_tool, write_fasta):
    good = write_fasta(tmp_path / "good.fa", c1=DNA)
    (tmp_path / "folder").mkdir()
    places = {"good": good, "folder": tmp_path / "folder"}
    arguments = [argument.format(**places) for argument in arguments]
    outcome = run_tool(prepare_data.main, "--out", tmp_path / "store", *arguments)
    assert outcome.code == 1
    assert message.format(**places) in outcome.err
    with pytest.raises((ValueError, FileNotFoundError)):
        GenomeStore.open(tmp_path / "store")


def test_a_place_that_cannot_be_written_to_is_named_before_anything_is_read(run_tool):
    outcome = run_tool(prepare_data.main, "--out", "/proc/store", "nowhere=NOWHERE.fa")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("error --out is /proc/store: nothing can be written to /proc (")
    assert outcome.err.endswith("); name another folder\n")


def test_files_of_one_name_are_one_genome_and_the_summary_counts_its_bases(tmp_path, run_tool, write_fasta):
    first = write_fasta(tmp_path / "a.fa", chr1="ACGTNNacgt", chr2="GGGG")
    second = write_fasta(tmp_path / "b.fa", chr3="RTTTTT")
    alone = write_fasta(tmp_path / "oryza.fna", chr1="AT")
    outcome = run_tool(
        prepare_data.main, "--out", tmp_path / "store", f"arabidopsis={first}", f"arabidopsis={second}", alone
    )
    assert outcome.code == 0
    rows = [line.split() for line in outcome.out.splitlines()]
    # 20 bases: A 2, C 2, G 6, T 7, N 3 (the R included), 4 of them lower case: GC = 8/17, N = 3/20.
    assert ["arabidopsis", "3", "20", "47.1%", "15.0%", "20.0%"] in rows
    assert ["oryza", "1", "2", "0.0%", "0.0%", "0.0%"] in rows
    genomes = {genome.name: genome for genome in GenomeStore.open(tmp_path / "store").genomes}
    assert [contig.name for contig in genomes["arabidopsis"].contigs] == ["chr1", "chr2", "chr3"]
    assert f"tools/pretrain.py laptop --data {tmp_path / 'store'} --run {tmp_path / 'store-run'}" in outcome.out


def test_help_explains_every_argument(run_tool):
    outcome = run_tool(prepare_data.main, "--help")
    assert outcome.code == 0
    text = " ".join(outcome.out.replace("│", " ").split())
    for part in (
        "[NAME=]FILE",
        "FASTA files, plain or compressed",
        "--out STR The store: a folder, or an address",
        "(required)",
    ):
        assert part in text


def test_the_script_itself_works_from_any_folder(tmp_path, write_fasta):
    write_fasta(tmp_path / "good.fa", c1=DNA)
    (tmp_path / "empty.fa").touch()

    def run(*arguments):
        command = [sys.executable, str(TOOL), *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)

    refused = run("--out", "store", "empty.fa")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("error empty.fa: holds no FASTA record")
    done = run("--out", "store", "good.fa")
    assert (done.returncode, done.stderr) == (0, "")
    assert GenomeStore.open(tmp_path / "store").num_bases == len(DNA)


def test_a_file_name_in_brackets_is_said_in_full(tmp_path, run_tool):
    outcome = run_tool(prepare_data.main, "--out", tmp_path / "store", f"oryza={tmp_path / 'oryza[v2].fa'}")
    assert outcome.code == 1
    assert "oryza[v2].fa: no such file" in outcome.err
