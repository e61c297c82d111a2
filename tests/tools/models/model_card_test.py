"""What the card of a converted run says, and under which licence."""

import contextlib
import json
import re
import shutil

import convert_checkpoint
import predict_masked
import pretrain
import pytest
from agront_data import ingest_genomes
from agront_model import load_pretrained
from agront_model.pretrained import model_fingerprint
from agront_train import parameters_digest
from safetensors.numpy import load_file, save_file

WINDOW = 96
TINY = (
    *("--model.num-layers", "1", "--model.embed-dim", "16", "--model.num-heads", "2", "--model.ffn-dim", "32"),
    *("--windows.length", str(WINDOW), "--held-out.contigs", "h", "--held-out.every", "0"),
    *("--train.batch-size", "4", "--train.steps", "2", "--train.evaluate-every", "2", "--train.checkpoint-every", "1"),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory, write_fasta, random_dna):
    folder = tmp_path_factory.mktemp("genome")
    sequences = {"c": random_dna(0, 20 * WINDOW), "h": random_dna(1, 4 * WINDOW)}
    ingest_genomes({"toy": [write_fasta(folder / "toy.fa", **sequences)]}, folder / "store")
    return folder / "store"


def run_main(main, *arguments):
    """A tool, called as a user does; outside of a test's own fixtures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["tool", *map(str, arguments)])
        patch.setenv("SLURM_NTASKS", "1")
        with contextlib.suppress(SystemExit):
            main()


@pytest.fixture(scope="module")
def random_run(tmp_path_factory, store):
    """Two updates from random weights."""
    run = tmp_path_factory.mktemp("random") / "run"
    run_main(pretrain.main, "demo", "--data", store, "--run", run, *TINY)
    return run


@pytest.fixture
def run(random_run, tmp_path):
    shutil.copytree(random_run, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture
def convert(run_tool):
    """The tool with arguments; hands out what it printed."""

    def convert(source, out):
        outcome = run_tool(convert_checkpoint.main, source, out)
        assert outcome.code == 0, outcome.err
        return outcome.out, (out / "README.md").read_text()

    return convert


def test_a_run_is_converted_with_what_it_says_of_itself(convert, run, store, tmp_path):
    _, card = convert(run, tmp_path / "out")
    _, params, config = load_pretrained(run / "checkpoints" / "2")
    _, converted, same = load_pretrained(tmp_path / "out")
    assert same == config
    assert model_fingerprint(converted, config) == model_fingerprint(params, config)
    loss = json.loads((run / "summary.json").read_text())["model"]["loss"]
    for fact in (
        f"`{run / 'checkpoints' / '2'}` (a checkpoint of tools/pretrain.py)",
        "| updates | 2 of 2, 4 rows each |",
        f"| genome store | `{store}`",
        "| began from | random weights |",
        f"| held-out loss | {loss:.3f} nats a token",
        "Trained from random weights",
        "| against base composition | ",
    ):
        assert fact in card
    assert "license:" not in card


def test_an_older_checkpoint_is_not_given_the_loss_of_the_end(convert, run, tmp_path):
    _, card = convert(run / "checkpoints" / "1", tmp_path / "out")
    assert "| updates | 1 of 2" in card
    assert "loss" not in card
    assert "against" not in card


def test_a_damaged_newest_checkpoint_is_named_and_the_one_before_converted(convert, run, tmp_path):
    (run / "checkpoints" / "2" / "metadata" / "metadata").write_text("{}")
    out, card = convert(run, tmp_path / "out")
    assert re.search(r"checkpoint \S+/2 is damaged \(.*\): took \S+/checkpoints/1\n", out)
    assert "| updates | 1 of 2" in card


def test_what_a_run_does_not_say_is_left_out(convert, run, tmp_path):
    for name in ("sessions.jsonl", "summary.json", "metrics.jsonl"):
        (run / name).unlink()
    _, card = convert(run, tmp_path / "out")
    assert "| updates | 2 |" in card
    assert "None" not in card


def test_the_licence_of_what_a_run_began_from_carries_over(convert, random_run, store, tmp_path, run_tool):
    convert(random_run, tmp_path / "licensed")
    (tmp_path / "licensed" / "README.md").write_text("---\nlicense: cc-by-nc-sa-4.0\n---\n")
    arguments = ("demo", "--data", store, "--run", tmp_path / "run", *TINY, "--init-from", tmp_path / "licensed")
    outcome = run_tool(pretrain.main, *arguments)
    assert outcome.code == 0, outcome.err
    assert "licence CC BY-NC-SA 4.0: not for commercial use" in outcome.out
    out, card = convert(tmp_path / "run", tmp_path / "out")
    assert "licence CC BY-NC-SA 4.0: not for commercial use" in out
    assert "\nlicense: cc-by-nc-sa-4.0\n" in card
    assert f"of {tmp_path / 'licensed'}, which it began from: README.md beside them says so" in card
    _, params, config = load_pretrained(tmp_path / "licensed")
    initial = model_fingerprint(params, config)
    assert f"| began from | `{tmp_path / 'licensed'}`, fingerprint `{initial}`" in card


def test_a_run_can_begin_from_another_run(random_run, store, tmp_path, run_tool):
    arguments = ("demo", "--data", store, "--run", tmp_path / "run", *TINY, "--init-from", random_run)
    outcome = run_tool(pretrain.main, *arguments)
    assert outcome.code == 0, outcome.err
    session = json.loads((tmp_path / "run" / "sessions.jsonl").read_text())
    assert session["experiment"]["init_from"] == str(random_run / "checkpoints" / "2")
    _, params, config = load_pretrained(random_run)
    initial = model_fingerprint(params, config)
    assert session["fingerprints"]["initial_parameters"] == initial
    assert json.loads((tmp_path / "run" / "run.json").read_text())["identity"]["initial_parameters"] == initial


def test_a_run_that_recorded_an_older_fingerprint_of_its_beginning_goes_on(random_run, store, tmp_path, run_tool):
    """Runs begun before there was one fingerprint of a model hold another digest of the same weights."""
    run = tmp_path / "run"
    arguments = ("demo", "--data", store, "--run", run, *TINY, "--init-from", random_run)
    assert run_tool(pretrain.main, *arguments).code == 0
    older = {"identity": json.loads((run / "run.json").read_text())["identity"]}
    older["identity"]["initial_parameters"] = parameters_digest(load_pretrained(random_run).params)
    del older["identity"]["soft_masked_weight"]  # and of another setting they knew nothing
    (run / "run.json").write_text(json.dumps(older))
    outcome = run_tool(pretrain.main, *arguments, "--train.steps", 3)
    assert outcome.code == 0, outcome.err
    assert "resumed at update 2 of 3" in outcome.out
    older["identity"]["initial_parameters"] = "0" * 32
    (run / "run.json").write_text(json.dumps(older))
    outcome = run_tool(pretrain.main, *arguments, "--train.steps", 4)
    assert outcome.code == 1
    assert f"initial_parameters: {'0' * 32} there" in outcome.err


def test_an_encoder_alone_is_no_beginning_and_predicts_nothing(convert, random_run, store, tmp_path, run_tool):
    convert(random_run, tmp_path / "encoder")
    file = tmp_path / "encoder" / "model.safetensors"
    save_file({name: x for name, x in load_file(file).items() if not name.startswith("lm_head.")}, file)
    arguments = ("demo", "--data", store, "--run", tmp_path / "run", *TINY, "--init-from", tmp_path / "encoder")
    for outcome in (
        run_tool(pretrain.main, *arguments),
        run_tool(predict_masked.main, tmp_path / "encoder", "ACGTAC<mask>"),
        run_tool(convert_checkpoint.main, tmp_path / "encoder", tmp_path / "out"),
    ):
        assert outcome.code == 1
        assert "encoder: has no masked-language-model head (lm_head)" in outcome.err
    assert not (tmp_path / "run").exists()
    assert not (tmp_path / "out").exists()


def test_weights_of_another_vocabulary_are_no_beginning(convert, random_run, store, tmp_path, run_tool):
    convert(random_run, tmp_path / "other")
    vocabulary = tmp_path / "other" / "vocab.txt"
    vocabulary.write_text(vocabulary.read_text().replace("AAAAAA", "AAAAAC", 1))
    arguments = ("demo", "--data", store, "--run", tmp_path / "run", *TINY, "--init-from", tmp_path / "other")
    outcome = run_tool(pretrain.main, *arguments)
    assert outcome.code == 1
    assert "vocab.txt: line 5 is 'AAAAAC', and the tokenizer's token 4 is 'AAAAAA'" in outcome.err
    assert not (tmp_path / "run").exists()
