import json
import re
import subprocess
import sys
from pathlib import Path

import inspect_data
import numpy as np
import pretrain
import pytest
from agront_data import HeldOut, Mixture, PretrainingLoader, WindowGrid, Windows, ingest_genomes
from agront_data.batches import RowSettings
from agront_tokenizer import KmerTokenizer
from presets import PRESETS
from rich.console import Console
from store_views import print_row, settings_of_preset, settings_of_run

TOOL = Path(inspect_data.__file__)
COMPLEMENT = str.maketrans("ATCGNatcgn", "TAGCNtagcn")
WINDOW = 96


def random_text(seed, length, letters="ATCGatcg"):
    return "".join(np.random.default_rng(seed).choice(list(letters), length))


GENOMES = {
    "maize": {"chr1": random_text(0, 2000), "chr2": random_text(1, 700, "ATCGATCGATCGn"), "short": random_text(2, 40)},
    "rice": {"[1]": random_text(3, 1500)},
}


@pytest.fixture(scope="module")
def store(tmp_path_factory, write_fasta):
    folder = tmp_path_factory.mktemp("genomes")
    files = {name: [write_fasta(folder / f"{name}.fa", **contigs)] for name, contigs in GENOMES.items()}
    return ingest_genomes(files, folder / "store")


@pytest.fixture(scope="module")
def run(tmp_path_factory, store):
    """A run of three updates, made by the script as a user calls it, on a weighted mixture."""
    folder = tmp_path_factory.mktemp("run") / "tiny"
    command = [
        *(sys.executable, pretrain.__file__, "demo", "--data", store.location, "--run", folder),
        *("--model.num-layers", "1", "--model.embed-dim", "16", "--model.num-heads", "2", "--model.ffn-dim", "32"),
        *("--windows.length", WINDOW, "--windows.max-n-fraction", "0.5", "--held-out.block-length", "192"),
        *("--held-out.every", "5", "--held-out.offset", "1", "--mixture.temperature", "3"),
        *("--train.batch-size", "8", "--train.steps", "3", "--train.seed", "5"),
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


def parse_row(out):
    """What is printed of a row: its fields by name, and header and bases of the FASTA record."""
    fields, _, fasta = out.partition("\n\n")
    named = dict(re.split(r"  +", line, maxsplit=1) for line in fields.splitlines())
    header, *lines = fasta.split()
    assert all(len(line) == 60 for line in lines[:-1])
    assert 0 < len(lines[-1]) <= 60
    return named, header, "".join(lines)


def sequence_at(named):
    """The bases in the FASTA file at the place that is printed, in their case, on the strand that is printed."""
    start, end = (
        int(number.replace(",", "")) for number in re.match(r"([\d,]+), ([\d,]+) ", named["start, end"]).groups()
    )
    bases = GENOMES[named["species"]][named["contig"]][start:end]
    assert f"{named['contig']}:{start + 1:,}-{end:,} (1-based)" == named["browser"]
    return bases.translate(COMPLEMENT)[::-1] if named["strand"].startswith("-") else bases


def row_as_printed(store, settings, step, row, capsys):
    capsys.readouterr()
    print_row(store, settings, KmerTokenizer(), "test", step, row, Console())
    return parse_row(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("mixture", "both_strands", "overlap"),
    [
        (Mixture(), True, 0),
        (Mixture(temperature=4), True, 30),
        (Mixture(weights={"maize": 1, "rice": 9}), True, 0),
        (Mixture(weights={"maize": 1, "rice": 0}), False, 6),
    ],
)
def test_a_row_is_the_one_that_the_loader_reads(mixture, both_strands, overlap, store, capsys):
    settings = RowSettings(
        windows=Windows(length=WINDOW, overlap=overlap),
        held_out=HeldOut(block_length=100, every=5, offset=2),
        mixture=mixture,
        both_strands=both_strands,
        seed=11,
        batch_size=16,
        steps=1,
    )
    tokenizer, num_tokens = KmerTokenizer(), 1 + WINDOW // 6
    loader = PretrainingLoader(
        store,
        WindowGrid.build(store, settings.windows, settings.held_out),
        tokenizer,
        batch_size=16,
        num_tokens=num_tokens,
        seed=11,
        both_strands=both_strands,
        mixture=mixture,
    )
    seen, cut = set(), 0
    for step in range(8):
        for row, tokens in enumerate(next(loader).tokens):
            named, header, bases = row_as_printed(store, settings, step, row, capsys)
            read = tokenizer.decode(tokens)
            assert bases.upper().startswith(read)
            if len(read) < len(bases):
                assert f"full after {len(read)} bases" in named["cut"]
                cut += 1
            else:
                assert "cut" not in named
            assert bases == sequence_at(named)
            assert header.startswith(f">{named['species']}:{named['contig']}:")
            assert header.endswith(f"({named['strand'][0]})")
            assert named["number"] == f"{16 * step + row:,} of test"
            seen.add((named["species"], named["contig"], named["strand"][0]))
    assert cut > 0
    contigs = {(species, contig) for species, contig, _ in seen}
    assert {species for species, _ in contigs} == ({"maize"} if not both_strands else {"maize", "rice"})
    assert len(seen) > len(contigs) if both_strands else len(seen) == len(contigs) == 3


def test_a_row_of_a_run_is_the_one_that_its_loader_reads(store, run, run_tool):
    experiment = PRESETS["demo"][1]
    held_out = HeldOut(block_length=192, every=5, offset=1, most_bases=1_000_000)
    windows = Windows(length=WINDOW, max_n_fraction=0.5)
    loader = PretrainingLoader(
        store,
        WindowGrid.build(store, windows, held_out),
        KmerTokenizer(),
        batch_size=8,
        num_tokens=17,
        seed=5,
        both_strands=experiment.both_strands,
        mixture=Mixture(temperature=3),
    )
    batches = [next(loader).tokens for _ in range(3)]
    checkpoint = json.loads((run / "checkpoints" / "3" / "metadata" / "metadata").read_text())
    assert loader.get_state() == checkpoint["content"]["loader_state"]  # it is the run's own loader
    for step, row in ((0, 0), (0, 7), (1, 3), (2, 5)):
        outcome = run_tool(inspect_data.main, store.location, "--run", run, "--step", step, "--row", row)
        assert (outcome.code, outcome.err) == (0, "")
        named, _, bases = parse_row(outcome.out)
        assert bases.upper().startswith(KmerTokenizer().decode(batches[step][row]))
        assert bases == sequence_at(named)
        assert named["row"] == f"{row} of step {step} (update {step + 1} in metrics.jsonl)"


def test_settings_of_a_run_are_those_it_was_begun_with(store, run):
    settings = settings_of_run(run, store)
    assert settings == RowSettings(
        windows=Windows(length=WINDOW, max_n_fraction=0.5),
        held_out=HeldOut(block_length=192, every=5, offset=1, most_bases=1_000_000),
        mixture=Mixture(temperature=3),
        both_strands=True,
        seed=5,
        batch_size=8,
        steps=3,
    )
    assert settings.num_rows == 24


def test_the_default_is_the_published_run():
    settings = settings_of_preset("agront-1b")
    assert (settings.steps, settings.batch_size, settings.windows.length) == (315_000, 1536, 6138)


def lines_of(out, name):
    """The numbers of each line that begins with a name."""
    return [line.split()[1:] for line in out.splitlines() if line.split()[:1] == [name]]


def test_tables_count_what_is_in_the_files(store, run, run_tool):
    outcome = run_tool(inspect_data.main, store.location, "--run", run, "--steps", "1000", "--contigs", "all")
    assert (outcome.code, outcome.err) == (0, "")
    text = "".join(GENOMES["maize"].values())
    upper = text.upper()
    gc, n = upper.count("G") + upper.count("C"), upper.count("N")
    composition, rows = lines_of(outcome.out, "maize")
    assert composition == [
        "3", f"{len(text):,}", f"{gc / (len(text) - n):.2%}", f"{n / len(text):.2%}",
        f"{sum(letter.islower() for letter in text) / len(text):.2%}",
    ]  # fmt: skip
    assert lines_of(outcome.out, "rice")[0][:2] == ["1", "1,500"]

    # Held out: bases 192 to 384, 1152 to 1344 … of each contig, two windows each.
    held_out = {"chr1": 4, "chr2": 2, "short": 0, "[1]": 4}
    training = {"chr1": 2 + 8 + 7, "chr2": 2 + 4, "short": 1, "[1]": 2 + 8 + 2}
    assert rows[:2] == ["24", "6"]
    assert lines_of(outcome.out, "rice")[1][:2] == ["12", "4"]
    for genome, contigs in GENOMES.items():
        for contig, sequence in contigs.items():
            [line] = lines_of(outcome.out, f"{genome}:{contig}")
            assert line[0] == f"{len(sequence):,}"
            assert line[-2:] == [str(training[contig]), str(held_out[contig])]
    # Cube roots of 24 and 12 windows; 8,000 rows.
    share = 24 ** (1 / 3) / (24 ** (1 / 3) + 12 ** (1 / 3))
    assert rows[2:] == [f"{share:.2%}", f"{8000 * share / 24:.2f}"]
    assert lines_of(outcome.out, "rice")[1][2:] == [f"{1 - share:.2%}", f"{8000 * (1 - share) / 12:.2f}"]
    assert ["2", "36", "10", "100.00%", f"{8000 / 36:.2f}"] in lines_of(outcome.out, "all")
    assert f"run {run}: 1,000 steps x 8 rows, windows of 96 bases" in outcome.out
    assert f"fingerprint {store.fingerprint[:12]}" in outcome.out


def test_contigs_are_the_largest_first_and_the_rest_is_summed_up(store, run, run_tool):
    outcome = run_tool(inspect_data.main, store.location, "--run", run, "--contigs", "all", "--at-most", "2")
    listed = re.findall(r"^ ((?:maize|rice):\S+)", outcome.out, re.MULTILINE)
    assert listed == ["maize:chr1", "rice:[1]"]
    [rest] = lines_of(outcome.out, "and")
    assert rest[:3] == ["2", "more", "740"]
    assert rest[-2:] == ["7", "2"]
    one = run_tool(inspect_data.main, store.location, "--run", run, "--contigs", "rice")
    assert "rice:[1]" in one.out
    assert "maize:chr1" not in one.out


def test_a_store_that_is_too_small_to_hold_out_of_is_described(store, run_tool):
    outcome = run_tool(inspect_data.main, store.location)
    assert (outcome.code, outcome.err) == (0, "")
    assert lines_of(outcome.out, "maize")[1][:2] == ["2", "0"]  # chr1 and short; chr2 holds too many N
    assert "preset agront-1b: 315,000 steps x 1,536 rows, windows of 6,138 bases" in outcome.out


def test_duplicates_are_reported_by_species_with_contigs_that_are_copies(tmp_path, write_fasta, run_tool):
    shared, other = random_text(0, 300, "ATCG"), random_text(1, 500, "ATCG")
    files = {
        "maize": [write_fasta(tmp_path / "maize.fa", a=shared, b=other)],
        "rice": [write_fasta(tmp_path / "rice.fa", **{"[c]": shared.translate(COMPLEMENT)[::-1]})],
    }
    ingest_genomes(files, tmp_path / "store")
    outcome = run_tool(
        inspect_data.main, tmp_path / "store", "--preset", "demo", "--duplicates", "--fragment-length", "101"
    )
    assert (outcome.code, outcome.err) == (0, "")
    assert "duplicates of 101 bases, either strand, any offset; all compared" in outcome.out
    assert lines_of(outcome.out, "maize")[-1] == ["600", f"{200 / 600:.2%}", "0", "-", "0", "0"]
    assert lines_of(outcome.out, "rice")[-1] == ["200", "100.00%", "0", "-", "0", "0"]
    assert lines_of(outcome.out, "all")[-1] == ["800", "50.00%", "0", "-", "0", "0"]
    assert "either strand: 1\n  maize:a, rice:[c]\n" in outcome.out


@pytest.mark.parametrize("num_species", [1, 48])
def test_the_picture_is_written_whole(num_species, tmp_path, write_fasta, run_tool):
    files = {f"species_{n}": [write_fasta(tmp_path / f"{n}.fa", c=random_text(n, 50 + n))] for n in range(num_species)}
    ingest_genomes(files, tmp_path / "store")
    (tmp_path / "out").mkdir()
    outcome = run_tool(inspect_data.main, tmp_path / "store", "--plot", tmp_path / "out" / "shares.png")
    assert (outcome.code, outcome.err) == (0, "")
    assert (tmp_path / "out" / "shares.png").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["shares.png"]
    assert "out/shares.png" in outcome.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--step", "1"), "--step and --row name a row together"),
        (("--row", "1"), "--step and --row name a row together"),
        (("--preset", "demo", "--step", "0", "--row", "16"), "--row is 16: a batch of preset demo has rows 0 to 15"),
        (("--preset", "demo", "--batch-size", "4", "--step", "0", "--row", "4"), "rows 0 to 3"),
        (("--step", "0", "--row=-1"), "--row is -1"),
        (("--step=-1", "--row", "0"), "--step is -1"),
        (("--preset", "demos"), "--preset is 'demos': there are demo, laptop, agront-1b"),
        (("--steps", "0"), "--steps is 0"),
        (("--batch-size", "0"), "--batch-size is 0"),
        (("--at-most", "0"), "--at-most is 0"),
        (("--contigs", "mais"), "has no genome 'mais'; it has maize, rice"),
        (("--duplicates", "--fragment-length", "0"), "--fragment-length is 0"),
        (("--plot", "no/such/folder/shares.png"), "there is no folder no/such/folder"),
        (("--plot", "shares.jpg"), "--plot is shares.jpg: name a file that ends in .png"),
        (("--step", "99999999999999999999", "--row", "0"), "a run ends before row 2**32, which is in step"),
        (("--run", "no/such/run"), "no/such/run holds no run (no run.json)"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(options, message, store, run_tool):
    outcome = run_tool(inspect_data.main, store.location, *options)
    assert outcome.code == 1
    assert outcome.err.startswith("error ")
    assert message in outcome.err


def test_no_store_is_said(tmp_path, run_tool):
    outcome = run_tool(inspect_data.main, tmp_path / "nothing")
    assert outcome.code == 1
    assert "nothing: no genome store there" in outcome.err


def test_a_run_fixes_preset_and_batch_size(store, run, run_tool):
    for option, value, message in (("--preset", "demo", "both given"), ("--batch-size", "4", "batch size is fixed")):
        outcome = run_tool(inspect_data.main, store.location, "--run", run, option, value)
        assert outcome.code == 1
        assert message in outcome.err


def test_a_run_on_another_store_is_refused_with_both_fingerprints(run, store, tmp_path, write_fasta, run_tool):
    other = ingest_genomes({"rice": [write_fasta(tmp_path / "rice.fa", c=random_text(9, 900))]}, tmp_path / "other")
    outcome = run_tool(inspect_data.main, other.location, "--run", run, "--step", "0", "--row", "0")
    assert outcome.code == 1
    assert store.fingerprint in outcome.err
    assert other.fingerprint in outcome.err


@pytest.mark.parametrize("change", ["no seed", "not JSON", "a window option of another version", "no identity"])
def test_a_run_file_that_cannot_be_read_is_refused_by_name(change, run, store, tmp_path, run_tool):
    content = json.loads((run / "run.json").read_text())
    if change == "no seed":
        del content["identity"]["train"]["seed"]
    elif change == "a window option of another version":
        content["identity"]["windows"]["jitter"] = 3
    elif change == "no identity":
        content = []
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text("{" if change == "not JSON" else json.dumps(content))
    outcome = run_tool(inspect_data.main, store.location, "--run", tmp_path / "run")
    assert outcome.code == 1
    assert f"{tmp_path / 'run' / 'run.json'} does not hold the settings of rows" in outcome.err


def test_piped_output_folds_no_name(store, run, run_tool, tmp_path, write_fasta):
    name = "a_species_with_a_name_that_is_longer_than_a_terminal_is_wide_but_has_to_be_whole_in_a_file"
    ingest_genomes({name: [write_fasta(tmp_path / "x.fa", c=random_text(1, 300))]}, tmp_path / "store")
    done = subprocess.run(
        [sys.executable, str(TOOL), str(tmp_path / "store"), "--contigs", "all"],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count(name) == 3
