import dataclasses
import os
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
from toy_training import CONFIG, SLOW_TO_SAVE, ToyModel, toy_task, toy_train


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
    records = read_metrics(run / "metrics.jsonl")
    return [{**record, "tokens_per_second": None, "data_wait": None} for record in records]


def test_a_run_leaves_every_update_in_its_folder(undisturbed):
    run, result = undisturbed
    records = list(read_metrics(run / "metrics.jsonl"))
    assert [record["step"] for record in records] == list(range(1, 21))
    assert [record["step"] for record in records if "held_out_loss" in record] == [10, 20]
    assert records[-1]["held_out_loss"] == pytest.approx(result.held_out.mean)
    assert records[0]["learning_rate"] == pytest.approx(1e-3)
    assert records[5]["learning_rate"] == pytest.approx(1e-2)
    assert {path.name for path in run.iterdir()} == {
        "run.json", "metrics.jsonl", "notes.log", "tensorboard", "checkpoints",
    }  # fmt: skip
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
    # The end of the first call added a measurement.
    expected, resumed = list(numbers(run)), list(numbers(tmp_path / "run"))
    assert resumed[8].pop("held_out_rows") == 8
    del resumed[8]["held_out_loss"]
    assert resumed == expected


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
        toy_task(ToyModel(width=64), masking=config.masking),
        OneBatch(),
        [batch],
        config=config,
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
            toy_task(),
            batches,
            [next(unseen)],
            config=dataclasses.replace(CONFIG, steps=1),
            run=tmp_path / name,
            identity={},
            devices=jax.local_devices()[:1],
        )

    plain, weighted = run("plain", False), run("weighted", True)
    assert (plain.state.params["head"]["b"] != weighted.state.params["head"]["b"]).any()
    np.testing.assert_array_equal(weighted.held_out.weight, plain.held_out.weight)
    assert (plain.held_out.weight > 20).all()


class Poisoned(ToyModel):
    """Loss and gradient are not a number for batches whose first row begins with the mask token."""

    def encode(self, params, tokens):
        embeddings = super().encode(params, tokens).embeddings
        return toy_training.ToyEncoding(jnp.where((tokens == toy_training.MASK)[:, :1, None], jnp.nan, embeddings))


class PoisonedBatches(toy_training.ToyBatches):
    """Updates whose numbers are given get such a batch."""

    def __init__(self, bad_updates, **options):
        super().__init__(**options)
        self.bad_updates = bad_updates

    def __next__(self):
        batch = super().__next__()
        if self.next_batch in self.bad_updates:
            batch.tokens[0, 0] = toy_training.MASK
        return batch


def test_updates_that_are_not_finite_are_skipped_counted_and_named_with_their_rows(tmp_path):
    recorder = Recorder()
    result = toy_train(
        tmp_path / "run",
        model=Poisoned(),
        batches=PoisonedBatches({4, 5, 11}),
        observers=lambda resume_at: [recorder],
        config=dataclasses.replace(CONFIG, stop_after_skipped=3),
    )
    assert (result.state.step, result.state.skipped, result.state.skipped_in_a_row) == (20, 3, 0)
    assert [record.step for record in recorder.records if record.skipped] == [4, 5, 11]
    assert recorder.notes == [
        f"update {update} was skipped: loss nan, gradient norm nan, rows {8 * update - 8} to {8 * update - 1}"
        for update in (4, 5, 11)
    ]
    records = list(read_metrics(tmp_path / "run" / "metrics.jsonl"))
    assert [record["step"] for record in records if record.get("skipped")] == [4, 5, 11]
    # The rate does not move on with a skipped update: that of the sixth is the fourth's of an undisturbed run.
    assert records[5]["learning_rate"] == pytest.approx(1e-3 + 3 / 5 * 9e-3)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(result.state))
    assert "update 11 was skipped" in (tmp_path / "run" / "notes.log").read_text()


def test_too_many_skipped_in_a_row_end_the_run_with_a_report_and_the_last_good_checkpoint(tmp_path):
    run = tmp_path / "run"
    config = dataclasses.replace(CONFIG, stop_after_skipped=3)
    options = {"model": Poisoned(), "config": config}
    with pytest.raises(FloatingPointError, match=r"3 updates in a row .*\(update 10 .*rows 72 to 79\)"):
        toy_train(run, batches=PoisonedBatches(set(range(8, 20))), **options)
    saved = [int(path.name) for path in (run / "checkpoints").iterdir()]
    assert max(saved) == 9
    assert [record["step"] for record in read_metrics(run / "metrics.jsonl")] == list(range(1, 11))
    notes = (run / "notes.log").read_text()
    assert "update 8 was skipped" in notes
    assert "ended by FloatingPointError: training has diverged" in notes
    # Updates 8 and 9 were skipped before it was written; with good rows the run goes on from there.
    result = toy_train(run, batches=PoisonedBatches(set()), **options)
    assert (result.state.step, result.state.skipped) == (20, 2)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(result.state))


def test_asked_to_stop_it_ends_with_a_checkpoint_and_resumes_exactly(undisturbed, tmp_path):
    _, expected = undisturbed
    asked = iter([False] * 7 + [True] * 20)
    recorder = Recorder()
    stopped = toy_train(tmp_path / "run", should_stop=lambda: next(asked), observers=lambda resume_at: [recorder])
    assert stopped.held_out is None
    assert stopped.state.step == 9  # asked at the eighth update, known when the ninth is on its way
    assert stopped.checkpoint == tmp_path / "run" / "checkpoints" / "9"
    assert stopped.checkpoint.is_dir()
    assert recorder.notes == ["stopped after update 9 of 20, with a checkpoint"]
    result = toy_train(tmp_path / "run")
    assert_same_state(result, expected)
    np.testing.assert_array_equal(result.held_out.loss, expected.held_out.loss)


def test_asked_during_a_measurement_it_gives_that_up(undisturbed, tmp_path):
    _, expected = undisturbed
    asked = iter([False] * 10 + [True])  # ten updates, then the first batch of the measurement
    stopped = toy_train(tmp_path / "run", should_stop=lambda: next(asked))
    assert (stopped.state.step, stopped.held_out) == (10, None)
    assert (tmp_path / "run" / "checkpoints" / "10").is_dir()
    assert_same_state(toy_train(tmp_path / "run"), expected)


def test_all_observers_are_closed_whatever_one_of_them_raises(tmp_path):
    class Failing(Recorder):
        def close(self):
            raise RuntimeError("no more")

    last = Recorder()
    with pytest.raises(RuntimeError, match="no more"):
        toy_train(
            tmp_path / "run",
            config=dataclasses.replace(CONFIG, steps=1),
            observers=lambda resume_at: [Failing(), last],
        )
    assert last.closed


def test_a_stop_that_is_known_with_the_last_update_leaves_the_measurement_to_the_next_call(undisturbed, tmp_path):
    _, expected = undisturbed
    asked = iter([False] * 20 + [True])  # twenty updates and a measurement on the way
    stopped = toy_train(tmp_path / "run", should_stop=lambda: next(asked))
    assert (stopped.state.step, stopped.held_out) == (20, None)
    again = toy_train(tmp_path / "run")
    np.testing.assert_array_equal(again.held_out.loss, expected.held_out.loss)


def test_it_can_begin_with_given_parameters(tmp_path, undisturbed):
    _, expected = undisturbed
    params = expected.state.params
    result = toy_train(tmp_path / "run", config=dataclasses.replace(CONFIG, steps=1), initial_params=params)
    record = next(read_metrics(tmp_path / "run" / "metrics.jsonl"))
    assert record["loss"] < 2.9  # guessing is 3.04
    moved = jax.tree.map(lambda new, old: np.abs(new - old).max(), result.state.params, params)
    assert 0 < max(jax.tree.leaves(moved)) <= 1.1e-3  # one update at a rate of 1e-3


@pytest.mark.slow
def test_killed_while_a_checkpoint_is_written_it_resumes_from_the_last_whole_one(tmp_path):
    def partial_checkpoints(run):
        return list((run / "checkpoints").glob("*tmp*"))

    for attempt in range(5):  # a write may end between the look and the kill
        run = tmp_path / f"run{attempt}"
        one_device = {**os.environ, "XLA_FLAGS": f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=1"}
        process = subprocess.Popen([sys.executable, toy_training.__file__, str(run)], env=one_device)
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
