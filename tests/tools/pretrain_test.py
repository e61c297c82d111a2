import collections
import dataclasses
import functools
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pretrain
import pytest
from agront_data import Windows, ingest_genomes
from agront_tokenizer import AGRONT_VOCABULARY
from presets import PRESETS, experiment

TOOL = Path(pretrain.__file__)
WINDOW = 96  # 16 6-mers and <cls>

TINY = (
    *("--model.num-layers", "1", "--model.embed-dim", "16", "--model.num-heads", "2", "--model.ffn-dim", "32"),
    *("--windows.length", str(WINDOW), "--held-out.contigs", "h1", "h2", "--held-out.every", "0"),
    *("--train.batch-size", "4", "--train.steps", "4", "--train.evaluate-every", "2", "--train.checkpoint-every", "3"),
)


@pytest.fixture(scope="module", autouse=True)
def _same_settings_share_a_model():
    """So that runs of the same task share what is compiled, as in the tests of training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment, "make_model", functools.cache(experiment.make_model))
        yield


@pytest.fixture(scope="module")
def sequences(random_dna):
    """Two contigs to train on, without a short window, and two held out, the first of which ends in a short one."""
    lengths = {"c1": 20 * WINDOW, "c2": 7 * WINDOW, "h1": 4 * WINDOW + 45, "h2": 2 * WINDOW}
    return {name: random_dna(seed, length) for seed, (name, length) in enumerate(lengths.items())}


@pytest.fixture(scope="module")
def store(tmp_path_factory, write_fasta, sequences):
    folder = tmp_path_factory.mktemp("genome")
    ingest_genomes({"toy": [write_fasta(folder / "toy.fa", **sequences)]}, folder / "store")
    return folder / "store"


@pytest.fixture(scope="module")
def finished(tmp_path_factory, store):
    """A finished run, made by the script as a user calls it, and what it printed."""
    folder = tmp_path_factory.mktemp("elsewhere")
    command = [sys.executable, str(TOOL), "demo", "--data", str(store), "--run", "runs/tiny", *TINY]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    return folder / "runs" / "tiny", done.stdout


def printed_loss(out):
    return re.search(r"this model +(\d+\.\d{3})", out)[1]


def test_a_run_leaves_checkpoints_metrics_tensorboard_picture_and_summary(finished):
    run, out = finished
    assert {path.name for path in run.iterdir()} == {
        *("run.json", "checkpoints", "metrics.jsonl", "notes.log", "sessions.jsonl", "tensorboard", "loss.png"),
        "summary.json",
    }  # fmt: skip
    assert sorted(path.name for path in (run / "checkpoints").iterdir()) == ["3", "4"]
    assert (run / "loss.png").read_bytes().startswith(b"\x89PNG")
    assert list((run / "tensorboard").glob("events.out.tfevents.*"))
    for name in ("checkpoints/4", "loss.png", "metrics.jsonl", "summary.json", "tensorboard"):
        assert f"runs/tiny/{name}" in out
    assert "--train.steps 8" in out  # the next command


def test_metrics_hold_every_update_with_the_fields_named(finished):
    run, _ = finished
    records = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records] == [1, 2, 3, 4]
    fields = {"step", "loss", "learning_rate", "grad_norm", "tokens_per_second", "data_wait", "utilisation"}
    for record in records:
        assert set(record) - {"held_out_loss", "held_out_rows", "guesses"} == fields
        assert 0 <= record.pop("data_wait") <= 1
        assert all(math.isfinite(value) and value > 0 for name, value in record.items() if name != "guesses")
        assert ("guesses" in record) == ("held_out_loss" in record)
        for guess in record.get("guesses", []):
            assert set(guess) == {"row", "position", "token", "top"}
            assert all(token in AGRONT_VOCABULARY.tokens and 0 < share < 1 for token, share in guess["top"])
    # One batch of the seven held-out windows on the way, all at the end.
    assert [record.get("held_out_rows") for record in records] == [None, 4, None, 7]


def test_what_is_printed_before_training_says_what_is_trained_on(finished):
    _, out = finished
    assert "3,213 bases of 1 genomes; 27 windows of 96 bases to train on, 7 held out" in out  # 20 + 7; 4 + 1 + 2
    assert "4 updates of 4 rows x 17 tokens" in out
    embeddings, head = (4105 + 130) * 16, 16 * 16 + 16 + 2 * 16 + 17 * 4105
    layer = 4 * (16 * 16 + 16) + 16 * 32 + 32 + 32 * 16 + 16 + 2 * 2 * 16
    assert f"{embeddings + layer + 2 * 16 + head:,} parameters: 1 layers, width 16" in out


def windows_of(sequence):
    return [sequence[start : start + WINDOW] for start in range(0, len(sequence), WINDOW)]


def kmers_and_letters(window):
    whole = len(window) - len(window) % 6
    return [window[start : start + 6] for start in range(0, whole, 6)] + list(window[whole:])


def reverse_complement(sequence):
    return sequence[::-1].translate(str.maketrans("ATCG", "TAGC"))


def test_the_summary_stands_on_baselines_counted_by_hand(finished, sequences):
    run, out = finished
    training = [window for name in ("c1", "c2") for window in windows_of(sequences[name])]
    # Six reading frames of both strands; all but the first are six bases shorter.
    framed = [
        strand[frame : WINDOW - (6 - frame) % 6]
        for window in training for strand in (window, reverse_complement(window)) for frame in range(6)
    ]  # fmt: skip
    counts = collections.Counter(token for sequence in framed for token in kmers_and_letters(sequence))
    bases = collections.Counter("".join(framed))
    held_out = [token for name in ("h1", "h2") for window in windows_of(sequences[name])
                for token in kmers_and_letters(window)]  # fmt: skip

    # One is added to each of 4,096 6-mers and 4 letters, to each base, and to "6-mer" and "letter".
    total, num_bases, num_kmers = sum(counts.values()), sum(bases.values()), sum(counts.values())
    frequencies = [-math.log((counts[token] + 1) / (total + 4100)) for token in held_out]
    kind = {6: -math.log((num_kmers + 1) / (total + 2)), 1: -math.log(1 / (total + 2))}
    composition = [
        kind[len(token)] - sum(math.log((bases[base] + 1) / (num_bases + 4)) for base in token) for token in held_out
    ]

    summary = json.loads((run / "summary.json").read_text())
    assert summary["step"] == 4
    assert summary["held_out_tokens"] == len(held_out) == 4 * 16 + 7 + 3 + 2 * 16
    assert summary["6-mer frequencies"]["loss"] == pytest.approx(sum(frequencies) / len(held_out), rel=1e-9)
    assert summary["base composition"]["loss"] == pytest.approx(sum(composition) / len(held_out), rel=1e-9)

    last = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])
    assert summary["model"]["loss"] == pytest.approx(last["held_out_loss"], rel=1e-9)
    assert summary["model"]["loss"] == pytest.approx(math.log(4105), abs=0.1)  # four updates: still guessing
    for name in ("6-mer frequencies", "base composition"):
        baseline = summary[name]
        assert baseline["model_minus_it"] == pytest.approx(summary["model"]["loss"] - baseline["loss"], abs=1e-9)
        assert baseline["standard_error"] > 0
        assert f"{baseline['loss']:.3f}" in out
    for entry in (summary["model"], summary["6-mer frequencies"], summary["base composition"]):
        assert entry["perplexity"] == pytest.approx(math.exp(entry["loss"]))
    assert printed_loss(out) == f"{summary['model']['loss']:.3f}"


def test_the_same_command_again_finds_the_run_finished_and_says_the_same(finished, store, run_tool):
    run, out = finished
    metrics, summary = (run / "metrics.jsonl").read_text(), (run / "summary.json").read_text()
    again = run_tool(pretrain.main, "demo", "--data", store, "--run", run, *TINY)
    assert (again.code, again.err) == (0, "")
    assert "all 4 updates were made before" in again.out
    assert printed_loss(again.out) == printed_loss(out)
    assert (run / "metrics.jsonl").read_text() == metrics
    assert (run / "summary.json").read_text() == summary


def test_a_run_of_fewer_steps_goes_on_to_the_same_end(finished, store, run_tool, tmp_path):
    run, _ = finished
    command = ("demo", "--data", store, "--run", tmp_path / "run", *TINY)
    assert run_tool(pretrain.main, *command, "--train.steps", 2).code == 0
    resumed = run_tool(pretrain.main, *command)
    assert "resumed at update 2 of 4" in resumed.out
    assert json.loads((tmp_path / "run" / "summary.json").read_text()) == json.loads((run / "summary.json").read_text())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--model.num-layers", "2"), "\n  --model.num-layers: 1 there, 2 now"),
        (("--precision.compute", "bfloat16"), "\n  --precision.compute: float32 there, bfloat16 now"),
        (("--windows.overlap", "6"), "\n  --windows.overlap: 0 there, 6 now"),
        (("--no-both-strands",), "\n  --both-strands: True there, False now"),
        (("--mixture.temperature", "2"), "\n  --mixture.temperature: 1.0 there, 2.0 now"),
        (("--mixture.weights", "toy", "1"), "\n  --mixture.weights: None there, not set now"),
        (("--soft-masked-weight", "0.1"), "\n  --soft-masked-weight: 1.0 there, 0.1 now"),
        (("--train.batch-size", "8"), "\n  --train.batch-size: 4 there, 8 now"),
        (("--train.seed", "7"), "\n  --train.seed: 0 there, 7 now"),
        (
            ("--train.optimizer.peak-learning-rate", "0.5"),
            "\n  --train.optimizer.peak-learning-rate: 0.001 there, 0.5 now",
        ),
    ],
)
def test_a_run_folder_of_another_config_is_refused_with_both_values(
    options, message, finished, store, run_tool, contents
):
    run, _ = finished
    before = contents(run)
    outcome = run_tool(pretrain.main, "demo", "--data", store, "--run", run, *TINY, *options)
    assert outcome.code == 1
    assert f"{run} holds a run with other settings" in outcome.err
    assert message in outcome.err
    assert "another folder (--run)" in outcome.err
    assert contents(run) == before


def test_a_run_on_another_store_is_refused(finished, run_tool, contents, tmp_path, write_fasta, sequences):
    run, _ = finished
    changed = {**sequences, "c1": sequences["c1"][::-1]}
    store = ingest_genomes({"toy": [write_fasta(tmp_path / "toy.fa", **changed)]}, tmp_path / "store")
    before = contents(run)
    outcome = run_tool(pretrain.main, "demo", "--data", tmp_path / "store", "--run", run, *TINY)
    assert outcome.code == 1
    assert re.search(rf"store: [0-9a-f]{{64}} there, {store.fingerprint} now", outcome.err)
    assert contents(run) == before


@pytest.fixture(scope="module")
def three_species(tmp_path_factory, write_fasta, random_dna):
    """Rice of 20 windows and maize of 5, half of each soft-masked, and a third species to hold out."""
    folder, genomes = tmp_path_factory.mktemp("species"), {}
    for seed, (name, windows) in enumerate({"rice": 20, "maize": 5, "vitis": 3}.items()):
        sequence = random_dna(seed, windows * WINDOW)
        half = len(sequence) // 2
        genomes[name] = [write_fasta(folder / f"{name}.fa", c1=sequence[:half].lower() + sequence[half:])]
    ingest_genomes(genomes, folder / "store")
    return folder / "store"


def test_a_mixture_of_species_with_down_weighted_repeats(three_species, run_tool, tmp_path):
    def train(name, *options):
        held_out = ("--held-out.genomes", "vitis", "--held-out.every", "0")
        command = ("demo", "--data", three_species, "--run", tmp_path / name, *TINY, "--held-out.contigs", *held_out)
        outcome = run_tool(pretrain.main, *command, *options)
        assert (outcome.code, outcome.err) == (0, "")
        first = json.loads((tmp_path / name / "metrics.jsonl").read_text().splitlines()[0])
        return outcome.out, first, json.loads((tmp_path / name / "summary.json").read_text())

    mixture = ("--mixture.weights", "rice", "1", "maize", "3", "vitis", "0")
    out, plain, summary = train("plain", *mixture)
    assert "25 windows of 96 bases to train on, 3 held out" in out
    assert "mix    maize 75.0%, rice 25.0%, vitis 0.0%" in out
    _, weighted, weighted_summary = train("weighted", *mixture, "--soft-masked-weight", "0")
    assert weighted["loss"] != plain["loss"]
    assert weighted["loss"] == pytest.approx(math.log(4105), abs=0.1)
    # What is held out counts in full, so that runs compare.
    assert weighted_summary["held_out_tokens"] == summary["held_out_tokens"] == 3 * 16


def unfinished_store(folder, store):
    (folder / "data").mkdir()
    (folder / "data" / "unfinished.json").write_text("{}")
    return folder / "data"


def store_of_version_9(folder, store):
    header = json.loads((store / "store.json").read_text())
    (folder / "data").mkdir()
    (folder / "data" / "store.json").write_text(json.dumps({**header, "format_version": 9}))
    return folder / "data"


def no_store(folder, store):
    (folder / "data").mkdir()
    (folder / "data" / "genome.fa").write_text(">c1\nACGT\n")
    return folder / "data"


def fasta_file(folder, store):
    return no_store(folder, store) / "genome.fa"


def whole_store(folder, store):
    return store


def short_contigs(folder, store):
    (folder / "short.fa").write_text("".join(f">{name}\n{'ACGTTGCA' * 5}\n" for name in ("c1", "c2", "h1", "h2")))
    ingest_genomes({"short": [folder / "short.fa"]}, folder / "data")
    return folder / "data"


def nothing_but_n(folder, store):
    (folder / "n.fa").write_text("".join(f">{name}\n{'N' * 400}\n" for name in ("c1", "h1", "h2")))
    ingest_genomes({"n": [folder / "n.fa"]}, folder / "data")
    return folder / "data"


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (lambda folder, store: folder / "data", (), ["data: no genome store there"]),
        (no_store, (), ["data: no genome store there", "store.json is missing"]),
        (fasta_file, (), ["genome.fa: no genome store there"]),
        (unfinished_store, (), ["data: is not a finished store", "interrupted; run it again"]),
        (store_of_version_9, (), ["data: is of format", "version 9", "version 2", "ingest again"]),
        (
            short_contigs,
            ("--windows.short", "skip"),
            [
                "shorter than a window of 96 bases",
                "has 40",
                "take a smaller --windows.length, or pad for --windows.short",
            ],
        ),
        (nothing_but_n, (), ["all windows hold more than 5% N; raise --windows.max-n-fraction"]),
        (
            whole_store,
            ("--windows.length", "6138"),
            ["6138 bases makes 1024 tokens", "128 positions", "--windows.length 762", "--model.max-tokens 1024"],
        ),
        (whole_store, ("--model.vocabulary-size", "10"), ["--model.vocabulary-size is 10", "4105"]),
        (whole_store, ("--model.mask-token-id", "7"), ["--model.mask-token-id is 7", "is 2"]),
        (whole_store, ("--held-out.contigs", "h1", "h9"), ["'h9' is not in"]),
        (whole_store, ("--held-out.genomes", "Toy"), ["held-out genomes not in", "'Toy' (meant: toy?)"]),
        (whole_store, ("--mixture.weights", "Toy", "1"), ["not in it: 'Toy' (meant: toy?); missing: toy"]),
        (whole_store, ("--soft-masked-weight", "2"), ["--soft-masked-weight is 2.0; it must be 0 to 1"]),
        (
            whole_store,
            ("--held-out.contigs", "h1", "h2", "c1", "c2"),
            ["all of it is held out; hold out less (--held-out.every, --held-out.contigs, --held-out.genomes)"],
        ),
        (whole_store, ("--train.batch-size", "6"), ["6 rows", "4 devices", "--train.batch-size 8"]),
        (whole_store, ("--train.micro-batches", "3"), ["4 rows", "3 micro-batches", "--train.batch-size 12"]),
        (whole_store, ("--train.steps", "0"), ["error --train.steps is 0: it must be at least 1"]),
        (whole_store, ("--model.num-heads", "3"), ["error --model.num-heads must divide --model.embed-dim"]),
        (whole_store, ("--held-out.every", "1"), ["error --held-out.every is 1; give 0 to hold out no blocks"]),
        (
            whole_store,
            ("--held-out.every", "3", "--held-out.offset", "8"),
            ["error --held-out.offset is 8; with --held-out.every 3 it must be 0 to 2"],
        ),
    ],
)
def test_bad_input_is_refused_in_a_sentence_before_a_run_is_begun(data, options, message, tmp_path, store, run_tool):
    data = data(tmp_path, store)
    outcome = run_tool(pretrain.main, "demo", "--data", data, "--run", tmp_path / "run", *TINY, *options)
    assert outcome.code == 1
    assert outcome.err.startswith("error ")
    for part in message:
        assert part in outcome.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--train.steps", "many"), "invalid literal"),
        (("--train.stepz", "3"), "--train.stepz"),
        (("--windows.short", "stretch"), "--windows.short"),
    ],
)
def test_options_out_of_range_are_refused(options, message, tmp_path, store, run_tool):
    outcome = run_tool(pretrain.main, "demo", "--data", store, "--run", tmp_path / "run", *TINY, *options)
    assert outcome.code == 2
    assert message in " ".join(outcome.err.replace("│", " ").split())
    assert not (tmp_path / "run").exists()


def test_a_run_folder_that_holds_something_else_is_left_alone(tmp_path, store, run_tool, contents):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    (tmp_path / "file").write_text("a file")
    before = contents(tmp_path)
    for name, message in (
        ("thesis", f"{tmp_path / 'thesis'} is not empty and holds no run"),
        ("file", f"--run is {tmp_path / 'file'}: it is a file; name a new folder"),
    ):
        outcome = run_tool(pretrain.main, "demo", "--data", store, "--run", tmp_path / name, *TINY)
        assert outcome.code == 1
        assert message in outcome.err
    assert contents(tmp_path) == before


@pytest.fixture
def interrupted_training(monkeypatch):
    """Training that is stopped by Ctrl-C at once."""

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(pretrain, "train", interrupted)
    monkeypatch.setattr(os, "_exit", sys.exit)  # this process goes on


def test_short_contigs_are_padded_by_default_and_counted(tmp_path, run_tool, interrupted_training):
    data = short_contigs(tmp_path, None)
    outcome = run_tool(pretrain.main, "demo", "--data", data, "--run", tmp_path / "run", *TINY)
    assert "2 windows of 96 bases to train on, 2 held out" in outcome.out
    assert "2 training windows are short and padded" in outcome.out


def test_a_keyboard_interrupt_says_how_to_go_on(tmp_path, store, run_tool, interrupted_training):
    outcome = run_tool(pretrain.main, "demo", "--data", store, "--run", tmp_path / "run", *TINY)
    assert outcome.code == 130
    assert "the same command again resumes" in outcome.err


@pytest.mark.parametrize(
    ("preset", "length", "max_tokens", "expected"),
    [
        ("demo", 762, 128, 128),
        ("agront-1b", 6138, 1024, 1024),
        ("agront-1b", 6100, 1024, 1021),
        ("agront-1b", 6000, 1024, 1001),
        ("demo", 6, 128, 2),
        ("demo", 5, 128, 6),
        ("demo", 764, 130, 130),
    ],
)
def test_row_tokens_counts_cls_kmers_and_letters(preset, length, max_tokens, expected):
    experiment = with_window(preset, length, max_tokens)
    assert experiment.row_tokens() == expected


@pytest.mark.parametrize("length", [763, 768, 6138])
def test_row_tokens_refuses_more_than_there_are_positions(length):
    with pytest.raises(ValueError, match=rf"window of {length} bases .* --windows.length 762 or less"):
        with_window("demo", length, 128).row_tokens()


@pytest.mark.parametrize(
    ("preset", "length", "stride", "largest_shift", "num_tokens"),
    [
        ("agront-1b", 6138, 6138, 6137, 1024),
        ("agront-1b-paper-chunks", 6100, 6100, 0, 1021),
        ("agront-1b-released-chunks", 6000, 6100, 200, 1001),
    ],
)
def test_presets_of_the_published_run_differ_in_chunks_only(preset, length, stride, largest_shift, num_tokens):
    experiment = PRESETS[preset][1]
    windows = experiment.windows
    assert (windows.length, windows.stride, windows.largest_shift) == (length, stride, largest_shift)
    assert windows.max_n_fraction == 0.05
    assert experiment.row_tokens() == num_tokens
    assert experiment.held_out.block_length == length
    same = {"windows": windows, "held_out": experiment.held_out}
    assert dataclasses.replace(PRESETS["agront-1b"][1], **same) == experiment


def with_window(preset, length, max_tokens):
    experiment = PRESETS[preset][1]
    model = dataclasses.replace(experiment.model, max_tokens=max_tokens)
    return dataclasses.replace(experiment, windows=Windows(length=length), model=model)


def options_of(config, prefix=""):
    """Every option of a config with its default, `None` where it must be given."""
    for field in dataclasses.fields(config):
        name, value = f"{prefix}{field.name.replace('_', '-')}", getattr(config, field.name)
        if dataclasses.is_dataclass(value):
            yield from options_of(value, f"{name}.")
        else:
            yield name, None if name in ("data", "run") else value


@pytest.mark.parametrize("preset", PRESETS)
def test_help_explains_every_option_with_its_default(preset, run_tool):
    outcome = run_tool(pretrain.main, preset, "--help")
    assert outcome.code == 0
    text = " ".join(re.sub("[│╭╰─╮╯]", " ", outcome.out).split())
    for name, default in options_of(PRESETS[preset][1]):
        entry = re.search(rf"--{re.escape(name)}[ ,](.*?)\((default: ?([^)]*)|required)\)", text)
        assert entry, f"--{name} is not explained"
        explanation = entry[1].split(maxsplit=1)[1]
        assert len(explanation) > 15, f"--{name} has no explanation"
        assert " --" not in explanation.replace(f", --no-{name}", ""), f"--{name} has no default"
        if name in ("data", "run"):
            assert entry[2] == "required"
        else:
            assert entry[3] == ("" if default == () else str(default)), f"--{name}"


def test_help_lists_the_presets(run_tool):
    outcome = run_tool(pretrain.main, "--help")
    assert outcome.code == 0
    for name, (description, _) in PRESETS.items():
        assert name in outcome.out
        assert description.split()[0] in outcome.out


def test_too_few_held_out_windows_for_a_standard_error_are_refused_before_training(tmp_path, store, run_tool):
    options = ("--held-out.contigs", "h2", "--windows.length", "192")
    outcome = run_tool(pretrain.main, "demo", "--data", store, "--run", tmp_path / "run", *TINY, *options)
    assert outcome.code == 1
    assert not (tmp_path / "run").exists()
