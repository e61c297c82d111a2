import dataclasses
import subprocess
import sys
import time

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import toy_training
from agront_train import MaskingConfig, OptimizerConfig, StepRecord, read_metrics
from toy_training import CONFIG, SLOW_TO_SAVE, ToyModel, toy_train


class Recorder:
    """An observer that remembers."""

    def __init__(self):
        self.records, self.notes, self.closed = [], [], False

    def record(self, record: StepRecord):
        self.records.append(record)

    def note(self, message):
        self.notes.append(message)

    def close(self):
        self.closed = True


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    run = tmp_path_factory.mktemp("undisturbed") / "run"
    return run, toy_train(run)


def assert_same_state(result, expected):
    chex.assert_trees_all_equal(result.state, expected.state)


def numbers(run):
    """All that a run recorded, but for the speed."""
    return [{**record, "tokens_per_second": None} for record in read_metrics(run / "metrics.jsonl")]


def test_a_run_leaves_every_update_in_its_folder(undisturbed):
    run, result = undisturbed
    records = list(read_metrics(run / "metrics.jsonl"))
    assert [record["step"] for record in records] == list(range(1, 21))
    assert [record["step"] for record in records if "held_out_loss" in record] == [10, 20]
    assert records[-1]["held_out_loss"] == pytest.approx(result.held_out.mean)
    assert records[0]["learning_rate"] == pytest.approx(1e-3)
    assert records[5]["learning_rate"] == pytest.approx(1e-2)
    assert {path.name for path in run.iterdir()} == {"run.json", "metrics.jsonl", "tensorboard", "checkpoints"}
    assert [path.name for path in sorted((run / "checkpoints").iterdir(), key=lambda path: int(path.name))] == [
        "15", "18", "20",
    ]  # fmt: skip
    assert result.checkpoint == run / "checkpoints" / "20"


def test_it_learns(undisturbed):
    run, result = undisturbed
    records = list(read_metrics(run / "metrics.jsonl"))
    assert records[0]["loss"] == pytest.approx(np.log(21), abs=0.1)  # guessing among 21 ids
    assert result.held_out.mean < 2.9


def test_stopped_after_9_and_resumed_is_the_same_run_bit_for_bit(undisturbed, tmp_path):
    run, expected = undisturbed
    toy_train(tmp_path / "run", config=dataclasses.replace(CONFIG, steps=9))
    recorder = Recorder()
    result = toy_train(tmp_path / "run", observers=lambda resume_at: [recorder])
    assert_same_state(result, expected)
    np.testing.assert_array_equal(result.held_out.loss, expected.held_out.loss)
    assert recorder.notes == ["resumed at update 9 of 20"]
    assert [record.step for record in recorder.records] == list(range(10, 21))
    assert recorder.closed
    resumed = [{k: v for k, v in record.items() if k != "held_out_loss"} for record in numbers(tmp_path / "run")]
    assert resumed == [{k: v for k, v in record.items() if k != "held_out_loss"} for record in numbers(run)]


def test_a_finished_run_is_measured_again_and_nothing_else(undisturbed, tmp_path):
    first = toy_train(tmp_path / "run")
    before = (tmp_path / "run" / "metrics.jsonl").read_text()
    again = toy_train(tmp_path / "run")
    assert_same_state(again, first)
    np.testing.assert_array_equal(again.held_out.loss, first.held_out.loss)
    assert (tmp_path / "run" / "metrics.jsonl").read_text() == before


def test_devices_micro_batches_and_cadences_may_change_on_the_way(undisturbed, tmp_path):
    _, expected = undisturbed
    toy_train(tmp_path / "run", config=dataclasses.replace(CONFIG, steps=9))
    other = dataclasses.replace(CONFIG, micro_batches=2, evaluate_every=4, checkpoint_every=7, keep_checkpoints=1)
    result = toy_train(tmp_path / "run", config=other, devices=2)
    for leaf, reference in zip(
        jax.tree.leaves(result.state.params), jax.tree.leaves(expected.state.params), strict=True
    ):
        np.testing.assert_allclose(leaf, reference, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"config": dataclasses.replace(CONFIG, batch_size=16)}, "train.batch_size: 8 there, 16 now"),
        ({"config": dataclasses.replace(CONFIG, seed=1)}, "train.seed: 0 there, 1 now"),
        (
            {"config": dataclasses.replace(CONFIG, optimizer=OptimizerConfig())},
            "train.optimizer.peak_learning_rate: 0.01 there, 0.0001 now",
        ),
        (
            {"config": dataclasses.replace(CONFIG, masking=MaskingConfig(rate=0.3))},
            "train.masking.rate: 0.15 there, 0.3 now",
        ),
        ({"model": ToyModel(width=8)}, "model.width: 16 there, 8 now"),
    ],
)
def test_anything_else_that_differs_is_refused_with_both_values(undisturbed, changes, message):
    run, _ = undisturbed
    before = (run / "metrics.jsonl").read_text()
    with pytest.raises(ValueError, match=message):
        toy_train(run, **changes)
    assert (run / "metrics.jsonl").read_text() == before


def test_a_damaged_newest_checkpoint_is_said_and_the_one_before_used(tmp_path):
    run = tmp_path / "run"
    expected = toy_train(run)
    file = max((run / "checkpoints" / "20").rglob("*"), key=lambda path: path.stat().st_size if path.is_file() else 0)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    recorder = Recorder()
    result = toy_train(run, observers=lambda resume_at: [recorder])
    assert_same_state(result, expected)
    assert recorder.notes[0].startswith("checkpoint 20 is damaged")
    assert recorder.notes[1] == "resumed at update 18 of 20"


def test_one_batch_with_a_fixed_mask_is_learnt_by_heart(tmp_path):
    batch = next(toy_training.ToyBatches())

    class OneBatch(toy_training.ToyBatches):
        def __next__(self):
            return batch

    config = dataclasses.replace(
        CONFIG,
        steps=400,
        masking=MaskingConfig(mask_share=1.0, random_share=0.0),
        checkpoint_every=400,
        evaluate_every=400,
    )
    toy_training.train(
        ToyModel(width=64),
        OneBatch(),
        [batch],
        config=config,
        vocabulary=toy_training.ToyVocabulary(),
        num_tokens=32,
        run=tmp_path / "run",
        identity={},
        devices=jax.local_devices()[:1],
    )
    assert list(read_metrics(tmp_path / "run" / "metrics.jsonl"))[-1]["loss"] < 0.1


def test_loss_weights_reach_training_and_not_the_measurement(tmp_path):
    def run(name, weighted):
        batches, unseen = (
            toy_training.ToyBatches(weighted=weighted),
            toy_training.ToyBatches(first=1000, weighted=weighted),
        )
        return toy_training.train(
            ToyModel(),
            batches,
            [next(unseen)],
            config=dataclasses.replace(CONFIG, steps=1),
            vocabulary=toy_training.ToyVocabulary(),
            num_tokens=32,
            run=tmp_path / name,
            identity={},
            devices=jax.local_devices()[:1],
        )

    plain, weighted = run("plain", False), run("weighted", True)
    assert (plain.state.params["head"]["b"] != weighted.state.params["head"]["b"]).any()
    np.testing.assert_array_equal(weighted.held_out.num_tokens, plain.held_out.num_tokens)
    assert (plain.held_out.num_tokens > 20).all()


def test_divergence_stops_the_run_before_anything_is_saved(tmp_path):
    class Diverging(ToyModel):
        def lm_logits(self, params, embeddings):
            # The bias of the head starts at 0 and grows: after an update or two, this overflows.
            return super().lm_logits(params, embeddings) * jnp.exp(1e5 * jnp.abs(params["head"]["b"]).max())

    with pytest.raises(FloatingPointError, match=r"update \d+ has loss .* training has diverged"):
        toy_train(tmp_path / "run", model=Diverging(), config=dataclasses.replace(CONFIG, checkpoint_every=1))
    records = list(read_metrics(tmp_path / "run" / "metrics.jsonl"))
    assert records
    assert all(np.isfinite(record["loss"]) for record in records)
    saved = [int(path.name) for path in (tmp_path / "run" / "checkpoints").iterdir()]
    assert max(saved) == records[-1]["step"]


def test_killed_while_a_checkpoint_is_written_it_resumes_from_the_last_whole_one(tmp_path):
    def partial_checkpoints(run):
        return list((run / "checkpoints").glob("*tmp*"))

    for attempt in range(5):  # a write may end between the look and the kill
        run = tmp_path / f"run{attempt}"
        process = subprocess.Popen([sys.executable, toy_training.__file__, str(run)])
        while not ((run / "checkpoints" / "2").is_dir() and partial_checkpoints(run)):
            assert process.poll() is None, "the run ended before it could be killed"
            time.sleep(0.001)
        process.kill()
        process.wait()
        if partial_checkpoints(run):
            break
    assert partial_checkpoints(run), "no kill fell into a write"
    whole = [int(path.name) for path in (run / "checkpoints").iterdir() if path.name.isdigit()]
    assert 2 <= max(whole) < 20

    undisturbed = tmp_path / "undisturbed"
    result = toy_train(run, **SLOW_TO_SAVE)
    assert_same_state(result, toy_train(undisturbed, **SLOW_TO_SAVE))
    assert [record["step"] for record in numbers(run)] == list(range(1, 21))
    assert numbers(run) == numbers(undisturbed)
    assert result.checkpoint.name == "20"
    assert not partial_checkpoints(run)
