"""A run that an earlier version began is gone on with by this one.

`old_checkpoint/run` was left by version 0.1.0 (format 1) after 6 of 20 updates, `old_checkpoint/expected.json` by that
version as it went on to the end, with JAX 0.10.2. Once more, for a new format, in tests/train:

    python -c "import old_checkpoint_test as test; test.write(test.FOLDER)"
"""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from agront_train import read_metrics
from toy_training import CONFIG, ToyModel, toy_train

FOLDER = Path(__file__).with_name("old_checkpoint")
MODEL = ToyModel(width=4)
NUMBERS = ("loss", "grad_norm", "learning_rate")


def train_to(steps, run):
    return toy_train(run, model=MODEL, config=dataclasses.replace(CONFIG, steps=steps, checkpoint_every=6))


def numbers(run, result):
    """Of the updates after the sixth."""
    records = [record for record in read_metrics(run / "metrics.jsonl") if record["step"] > 6]
    return {
        "updates": {str(record["step"]): [record[name] for name in NUMBERS] for record in records},
        "held_out_loss": result.held_out.mean,
        "largest_bias": float(np.abs(result.state.params["head"]["b"]).max()),
    }


def write(folder):
    train_to(6, folder / "run")
    shutil.rmtree(folder / "run" / "tensorboard")
    for file in (folder / "run").rglob("commit_success.txt"):  # it names this machine's folders
        file.write_text("Checkpoint commit was successful.\n")
    rest = folder / "rest"
    shutil.copytree(folder / "run", rest)
    (folder / "expected.json").write_text(json.dumps(numbers(rest, train_to(20, rest)), indent=2) + "\n")
    shutil.rmtree(rest)


@pytest.fixture
def run(tmp_path):
    shutil.copytree(FOLDER / "run", tmp_path / "run")
    return tmp_path / "run"


def test_it_goes_on_with_the_numbers_that_the_version_of_then_gave(run):
    result = train_to(20, run)
    assert "resumed at update 6 of 20" in (run / "notes.log").read_text()
    assert not (run / "rejected_checkpoints").exists()
    expected = json.loads((FOLDER / "expected.json").read_text())
    found = numbers(run, result)
    assert list(found["updates"]) == list(expected["updates"]) == [str(step) for step in range(7, 21)]
    for step, values in expected["updates"].items():  # other versions of XLA round in other places
        assert found["updates"][step] == pytest.approx(values, rel=1e-4)
    assert found["held_out_loss"] == pytest.approx(expected["held_out_loss"], rel=1e-4)
    assert found["largest_bias"] == pytest.approx(expected["largest_bias"], rel=1e-3)
