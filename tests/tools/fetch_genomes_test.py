import functools
import gzip
import shlex
from pathlib import Path
from urllib.parse import urlsplit

import fetch_genomes
import prepare_data
import pytest
from agront_data import GenomeStore, ingest_genomes
from agront_data.public_genomes import RetryPolicy, select_genomes
from genome_server import Fault, serve

EXAMPLES = Path(fetch_genomes.__file__).parents[1] / "examples" / "genomes"
SHARED = Path(fetch_genomes.__file__).parents[2] / "shared" / "genomes"


@pytest.fixture
def server():
    with serve() as running:
        yield running


@pytest.fixture
def publish(server, random_dna):
    """Puts a small genome on the server for each name, where the public server has the real one."""

    def run(names, variant="ensembl-plants"):
        data = {}
        for seed, entry in enumerate(select_genomes(names, variant)):
            data[entry.species] = gzip.compress(f">chr1 {entry.species}\n{random_dna(seed, 5000)}\n".encode(), mtime=0)
            server.add(urlsplit(entry.address).path, data[entry.species])
        return data

    return run


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_examples_are_fetched_and_become_a_store_by_the_command_that_is_printed(tmp_path, run_tool):
    folder = tmp_path / "my genomes"
    outcome = run_tool(fetch_genomes.main, "tiny", "--out", folder)
    assert outcome.code == 0, outcome.err
    names = [path.name for path in sorted(EXAMPLES.glob("*.fa.gz"))]
    assert [(folder / name).read_bytes() for name in names] == [(EXAMPLES / name).read_bytes() for name in names]
    assert names_in(folder) == sorted([*names, *(f"{name}.json" for name in names)])

    _, script, *arguments, pattern = shlex.split(outcome.out.partition("next")[2])
    assert script.endswith("prepare_data.py")
    assert pattern == f"{folder}/*.fa.gz"
    files = sorted(folder.glob("*.fa.gz"))
    assert run_tool(prepare_data.main, *arguments, *files).code == 0
    store = GenomeStore.open(arguments[arguments.index("--out") + 1])
    assert [genome.name for genome in store.genomes] == [name.removesuffix(".fa.gz") for name in names]


@pytest.mark.parametrize("variant", ["ensembl-plants", "released"])
@pytest.mark.parametrize("name", ["arabidopsis", "crops-8"])
def test_presets_come_from_a_mirror_in_both_variants(name, variant, server, publish, tmp_path, run_tool):
    data = publish([name], variant)
    outcome = run_tool(
        fetch_genomes.main, name, "--out", tmp_path / "g", "--variant", variant, "--server", f"{server.address}/"
    )
    assert outcome.code == 0, outcome.err
    assert {path.name.removesuffix(".fa.gz"): path.read_bytes() for path in (tmp_path / "g").glob("*.fa.gz")} == data


def test_a_real_genome_comes_through_breaks_and_a_wrong_byte(server, publish, tmp_path, run_tool, monkeypatch):
    source = SHARED / "oryza_sativa_chr2_part.fa.gz"
    if not source.is_file():
        pytest.skip(f"{source} is absent: the project's shared genomes do not lie beside this checkout")
    quick = functools.partial(RetryPolicy, backoff=0.01)
    monkeypatch.setattr("agront_data.public_genomes.downloads.RetryPolicy", quick)
    path = urlsplit(select_genomes(["oryza_sativa"])[0].address).path
    server.add(path, source.read_bytes())
    server.faults[path].extend([Fault(after=100_000), Fault(wrong_byte=200_000)])
    command = ["oryza_sativa", "--out", tmp_path / "g", "--server", server.address]
    assert run_tool(fetch_genomes.main, *command).code == 0
    assert (tmp_path / "g" / "oryza_sativa.fa.gz").read_bytes() == source.read_bytes()
    server.seen.clear()
    outcome = run_tool(fetch_genomes.main, *command)
    assert (outcome.code, server.seen) == (0, [])
    assert "present   oryza_sativa.fa.gz" in outcome.out


def test_species_of_a_preset_without_address_are_named(server, publish, tmp_path, run_tool):
    publish(["agront-48"])
    outcome = run_tool(
        fetch_genomes.main, "agront-48", "--out", tmp_path / "g", "--dry-run", "--server", server.address
    )
    left_out = outcome.out.partition("left out, having no address in the variant ensembl-plants: ")[2].split("\n\n")[0]
    assert "carica_papaya" in left_out
    assert "zea_mays" not in left_out
    fetched = {entry.species for entry in select_genomes(["agront-48"])}
    assert not fetched & set(left_out.replace(",", " ").split())


def test_a_dry_run_says_what_and_how_much_and_fetches_nothing(server, publish, tmp_path, run_tool):
    data = publish(["zea_mays", "glycine_max"])
    command = ["zea_mays", "glycine_max", "--out", tmp_path / "g", "--dry-run", "--server", server.address]
    outcome = run_tool(fetch_genomes.main, *command)
    assert outcome.code == 0, outcome.err
    assert not (tmp_path / "g").exists()
    assert {method for method, _, _ in server.seen} == {"HEAD"}
    for entry in select_genomes(["zea_mays", "glycine_max"]):
        assert f"{entry.species}.fa.gz  {entry.assembly}" in outcome.out
        assert f"{server.address}{urlsplit(entry.address).path}\n" in outcome.out
    assert f"2 files, {sum(map(len, data.values())) / 1000:.1f} kB; nothing was fetched" in outcome.out


def test_a_dry_run_says_which_sizes_are_not_known(server, tmp_path, run_tool):
    outcome = run_tool(
        fetch_genomes.main, "tiny", "zea_mays", "--out", tmp_path / "g", "--dry-run", "--server", server.address
    )
    assert outcome.code == 0, outcome.err
    assert "3 files, 74.1 kB, and 1 of unknown size" in outcome.out  # 47,348 + 26,720 bytes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["arabidopsis_taliana"], r"arabidopsis_thaliana"),
        (["zea_mays", "--server", "mirror.org"], "mirror.org"),
    ],
)
def test_what_cannot_be_fetched_is_said_in_a_sentence(arguments, message, tmp_path, run_tool):
    outcome = run_tool(fetch_genomes.main, *arguments, "--out", tmp_path / "g")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("error ")
    assert message in outcome.err
    assert not (tmp_path / "g").exists()


def test_one_that_fails_is_named_and_the_others_are_there(server, publish, tmp_path, run_tool):
    publish(["zea_mays"])
    outcome = run_tool(
        fetch_genomes.main, "zea_mays", "glycine_max", "--out", tmp_path / "g", "--server", server.address
    )
    assert outcome.code == 1
    assert "/glycine_max/dna/" in outcome.err
    assert "404" in outcome.err
    assert "next" not in outcome.out
    assert names_in(tmp_path / "g") == ["zea_mays.fa.gz", "zea_mays.fa.gz.json"]


def test_verify_names_what_is_damaged(tmp_path, run_tool):
    run_tool(fetch_genomes.main, "tiny", "--out", tmp_path)
    assert run_tool(fetch_genomes.main, "verify", "--out", tmp_path).code == 0

    whole, damaged = sorted(tmp_path.glob("*.fa.gz"))
    content = bytearray(damaged.read_bytes())
    content[1000] ^= 1
    damaged.write_bytes(content)
    (tmp_path / "unknown.fa.gz").write_bytes(b"")
    outcome = run_tool(fetch_genomes.main, "verify", "--out", tmp_path)
    assert outcome.code == 1
    assert f"whole    {whole.name}" in outcome.out
    assert "2 of 3 files are not as they were fetched" in outcome.err
    assert f"{damaged}: has sha256" in outcome.err
    assert f"{tmp_path}/unknown.fa.gz: has no receipt" in outcome.err
    assert whole.name not in outcome.err

    damaged.unlink()
    (tmp_path / "unknown.fa.gz").unlink()
    outcome = run_tool(fetch_genomes.main, "verify", "--out", tmp_path)
    assert outcome.code == 1
    assert f"{damaged}: is gone" in outcome.err


def test_verify_of_a_folder_without_genomes(tmp_path, run_tool):
    outcome = run_tool(fetch_genomes.main, "verify", "--out", tmp_path)
    assert outcome.code == 1
    assert f"{tmp_path}: holds no fetched genome" in outcome.err


def test_verify_of_a_genome_store_says_what_to_name(tmp_path, run_tool, write_fasta):
    ingest_genomes({"plant": [write_fasta(tmp_path / "plant.fa", c1="ACGT")]}, tmp_path / "store")
    outcome = run_tool(fetch_genomes.main, "verify", "--out", tmp_path / "store")
    assert (outcome.code, outcome.out) == (1, "")
    assert f"{tmp_path / 'store'}: is a genome store; give the folder" in outcome.err
    assert "remove" not in outcome.err


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path, run_tool):
    (tmp_path / "g").write_text("mine")
    outcome = run_tool(fetch_genomes.main, "tiny", "--out", tmp_path / "g")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == f"error --out is {tmp_path / 'g'}: it is a file; name a new folder\n"
    assert (tmp_path / "g").read_text() == "mine"


def test_the_folder_at_hand_will_do(tmp_path, run_tool, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcome = run_tool(fetch_genomes.main, "tiny", "--out", ".")
    assert outcome.code == 0, outcome.err
    assert f"--out {tmp_path}-store ./*.fa.gz" in outcome.out


def test_ctrl_c_is_said_to_keep_what_has_come(monkeypatch, tmp_path, run_tool):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(fetch_genomes, "download_files", interrupted)
    outcome = run_tool(fetch_genomes.main, "tiny", "--out", tmp_path)
    assert outcome.code == 130
    assert "what has come is kept" in outcome.err
