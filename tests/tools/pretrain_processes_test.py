"""`tools/pretrain.py` as processes: several hosts, signals, a host that dies; and what else a run can begin with."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pretrain
import pytest
from agront_data import ingest_genomes
from agront_model import AgroNTConfig, Pretrained, load_pretrained, make_model, save_pretrained
from agront_train import read_metrics

TOOL = Path(pretrain.__file__)
TINY = (
    *("--model.num-layers", "1", "--model.embed-dim", "16", "--model.num-heads", "2", "--model.ffn-dim", "32"),
    *("--windows.length", "96", "--held-out.every", "10", "--held-out.block-length", "96"),
    *("--train.batch-size", "4", "--train.optimizer.eps", "1e-6", "--train.optimizer.warmup-steps", "5"),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory, write_fasta, random_dna):
    folder = tmp_path_factory.mktemp("genomes")
    genomes = {name: [write_fasta(folder / f"{name}.fa", c1=random_dna(7, 3000))] for name in ("maize", "rice")}
    ingest_genomes(genomes, folder / "store")
    return folder / "store"


def start(store, run, *options, devices=1, errors=None):
    """The tool in a process of its own; with `errors` its standard error goes to that file."""
    environment = {
        **os.environ,
        "XLA_FLAGS": f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count={devices}",
        "JAX_PLATFORMS": "cpu",
    }
    environment.pop("PYTHONUNBUFFERED", None)  # it would hide what a full buffer does
    command = [sys.executable, str(TOOL), "demo", "--data", str(store), "--run", str(run), *TINY, *map(str, options)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)


def finish(process, seconds=120):
    """Exit status and standard output; a process that hangs is killed and fails the test."""
    try:
        out, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail(f"still running after {seconds} s")
    return process.returncode, out


def hosts(store, runs, *options, errors=(None, None)):
    """Two processes of two devices each, one run folder each."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return [
        start(
            *(store, run, "--coordinator", f"127.0.0.1:{port}", "--num-processes", 2, "--process-id", number),
            *options,
            devices=2,
            errors=error,
        )
        for number, (run, error) in enumerate(zip(runs, errors, strict=True))
    ]


def wait_for_updates(process, run, updates):
    """Return once a run has recorded so many updates."""
    end = time.monotonic() + 100
    while not (run / "metrics.jsonl").exists() or len((run / "metrics.jsonl").read_bytes().splitlines()) < updates:
        assert process.poll() is None, "the run ended too early"
        assert time.monotonic() < end, "no update was made"
        time.sleep(0.02)


def losses(run):
    return {record["step"]: record["loss"] for record in read_metrics(run / "metrics.jsonl")}


@pytest.fixture(scope="module")
def alone(tmp_path_factory, store):
    """Twelve updates by one process on one device."""
    run = tmp_path_factory.mktemp("alone") / "run"
    code, _ = finish(start(store, run, "--train.steps", 12))
    assert code == 0
    return run


@pytest.mark.slow
def test_two_hosts_train_as_one_and_only_the_first_writes_and_speaks(tmp_path, store, alone):
    first, second = tmp_path / "first", tmp_path / "second"
    outcomes = [finish(process) for process in hosts(store, (first, second), "--train.steps", 12)]
    assert [code for code, _ in outcomes] == [0, 0]
    assert "on 4 CPU devices of 2 hosts" in outcomes[0][1]
    assert "Held-out sequence after 12 updates" in outcomes[0][1]
    assert "Held-out" not in outcomes[1][1]
    assert not second.exists()
    here, there = losses(first), losses(alone)
    assert list(here) == list(range(1, 13))
    assert list(here.values()) == pytest.approx(list(there.values()), abs=1e-5)
    summary, expected = (json.loads((run / "summary.json").read_text()) for run in (first, alone))
    assert summary["model"]["loss"] == pytest.approx(expected["model"]["loss"], abs=1e-5)
    assert summary["held_out_tokens"] == expected["held_out_tokens"]
    last = list(read_metrics(first / "metrics.jsonl"))[-1]
    assert set(last["held_out_loss_by_group"]) == {"maize", "rice"}


@pytest.mark.slow  # the other may learn of it by the missing heartbeat only, after 30 s
def test_a_host_that_dies_ends_the_other_and_the_run_goes_on_alone(tmp_path, store, alone):
    run = tmp_path / "run"
    many = ("--train.steps", 100_000, "--train.checkpoint-every", 5, "--train.evaluate-every", 100_000)
    with (tmp_path / "errors").open("w+") as errors:
        first, second = hosts(store, (run, tmp_path / "second"), *many, errors=(errors, subprocess.DEVNULL))
        wait_for_updates(first, run, 12)
        second.kill()
        killed = time.monotonic()
        code, _ = finish(first)
        finish(second)
        assert code not in (0, None)
        assert time.monotonic() - killed < 60
        errors.seek(0)
        # The next update fails; or JAX ends the process first; or gloo does, where one device of this host has seen
        # the other host die and begins another exchange with the device beside it, which has not.
        ways = "another one has ended or cannot be reached|another task died|gloo::EnforceNotMet"
        assert re.search(ways, errors.read())
    step = max(int(path.name) for path in (run / "checkpoints").iterdir() if path.name.isdigit())
    assert step >= 10
    again = start(store, run, "--train.steps", step + 3)
    code, out = finish(again)
    assert code == 0
    assert f"resumed at update {step} of {step + 3}" in out
    assert [losses(run)[update] for update in range(1, 11)] == pytest.approx(
        [losses(alone)[update] for update in range(1, 11)], abs=1e-5
    )


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_with_a_checkpoint_from_which_it_resumes_exactly(tmp_path, store, number, code):
    run, whole = tmp_path / "run", tmp_path / "whole"
    often = ("--train.evaluate-every", 100_000, "--train.checkpoint-every", 100_000)
    process = start(store, run, "--train.steps", 100_000, *often)
    wait_for_updates(process, run, 3)
    process.send_signal(number)
    ended, out = finish(process)
    assert ended == code
    (checkpoint,) = (run / "checkpoints").iterdir()
    step = int(checkpoint.name)
    assert max(losses(run)) == step
    assert f"stopped after update {step} of 100000, with a checkpoint" in out
    assert "The same command again goes on from there" in out
    if number == signal.SIGTERM:
        for folder in (run, whole):
            assert finish(start(store, folder, "--train.steps", step + 5, *often))[0] == 0
        assert losses(run) == losses(whole)
        summaries = [json.loads((folder / "summary.json").read_text()) for folder in (run, whole)]
        assert summaries[0] == summaries[1]


@pytest.mark.slow
def test_ctrl_c_that_ends_the_reader_of_the_output_too_still_leaves_a_checkpoint(tmp_path, store):
    run = tmp_path / "run"
    process = start(store, run, "--train.steps", 100_000, "--train.evaluate-every", 1, errors=subprocess.PIPE)
    wait_for_updates(process, run, 3)
    process.stdout.close()  # as `pretrain.py … | tee log` does, when Ctrl-C reaches tee
    process.send_signal(signal.SIGINT)
    errors = process.stderr.read()
    assert process.wait(timeout=60) == 130, errors
    (checkpoint,) = (run / "checkpoints").iterdir()
    assert f"stopped after update {checkpoint.name} of 100000" in (run / "notes.log").read_text()


@pytest.fixture
def published(tmp_path):
    """A folder of weights of a small model that knows that all is TTTTTT: its loss is far from guessing."""
    config = AgroNTConfig(num_layers=2, embed_dim=8, num_heads=2, ffn_dim=16, max_tokens=32, layer_norm_eps=1e-12)
    model = make_model(config)
    params = model.init(jax.random.key(0), jnp.zeros((1, 4), jnp.int32))
    params = jax.tree.map(np.array, params)
    params["agront/lm_head/decoder"]["b"][:] = np.linspace(0, 30, config.vocabulary_size)
    save_pretrained(Pretrained(model, params, config), tmp_path / "published")
    return tmp_path / "published"


@pytest.mark.slow
def test_a_run_can_begin_with_published_weights(tmp_path, store, run_tool, published):
    run = tmp_path / "run"
    arguments = ("demo", "--data", store, "--run", run, *TINY, "--train.steps", 2)
    outcome = run_tool(pretrain.main, *arguments, "--init-from", published)
    assert outcome.code == 0, outcome.err
    assert f"2 layers, width 8, float32, from {published}" in outcome.out
    assert losses(run)[1] > 10  # guessing is 8.3
    assert json.loads((run / "run.json").read_text())["identity"]["model"]["embed_dim"] == 8
    params = load_pretrained(published).params
    assert params["agront/lm_head/decoder"]["b"][-1] == 30

    outcome = run_tool(pretrain.main, *arguments)
    assert outcome.code == 1
    assert "initial_parameters" in outcome.err
    outcome = run_tool(pretrain.main, *arguments[:-1], 3, "--init-from", published)
    assert outcome.code == 0
    assert "resumed at update 2 of 3" in outcome.out


def test_some_updates_can_be_traced(tmp_path, store, run_tool):
    run = tmp_path / "run"
    outcome = run_tool(pretrain.main, "demo", "--data", store, "--run", run, *TINY, "--train.steps", 14, "--profile", 2)
    assert outcome.code == 0, outcome.err
    assert list((run / "profile").rglob("*.xplane.pb"))


def test_weights_and_biases_that_is_not_installed_is_said_with_the_remedy(tmp_path, store, run_tool, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    outcome = run_tool(pretrain.main, "demo", "--data", store, "--run", tmp_path / "run", *TINY, "--wandb", "mine")
    assert outcome.code == 1
    assert "pip install" in outcome.err


def test_devices_are_not_chosen_with_several_processes(monkeypatch):
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    with pytest.raises(ValueError, match="--devices is for one process"):
        pretrain.choose_devices(1)
