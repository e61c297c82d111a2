"""Two processes of two devices each, joined by `jax.distributed` on 127.0.0.1, are one run."""

import dataclasses
import shutil
import signal

import jax
import numpy as np
import pytest
from agront_train import read_metrics
from toy_hosts import outcome, run_two, start_two
from toy_training import CONFIG, ToyBatches, toy_train

# Other topologies add in another order: as in the tests of replication.
TOLERANCE = {"rtol": 0, "atol": 1e-5}
OPTIONS = ("--width", 16, "--checkpoint-every", 3)


def assert_same_bits(actual, expected):
    for leaf, other in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(leaf, other)


def assert_close(actual, expected):
    for leaf, other in zip(actual, expected, strict=True):
        np.testing.assert_allclose(leaf, other, **TOLERANCE)


@pytest.fixture(scope="module")
def one_host(tmp_path_factory):
    """1 process, 4 devices."""
    run = tmp_path_factory.mktemp("one") / "run"
    return run, toy_train(run, devices=4)


@pytest.fixture(scope="module")
def two_hosts(tmp_path_factory):
    """2 processes of 2 devices; the second is told of a run folder of its own, and that is not there."""
    folder = tmp_path_factory.mktemp("two")
    return folder, run_two([folder / "run", folder / "elsewhere"], folder, *OPTIONS)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The same run, of which only the second host was asked to stop."""
    folder = tmp_path_factory.mktemp("stopped")
    hosts = start_two([folder / "run", folder / "elsewhere"], folder, *OPTIONS, "--pause", 0.1)
    hosts[1].wait_for_update(5)
    hosts[1].signal(signal.SIGTERM)
    assert [host.end() for host in hosts] == [0, 0], hosts[0].said + hosts[1].said
    return folder, [outcome(folder / f"host{host}.npz") for host in range(2)]


def test_two_hosts_give_the_parameters_of_one(two_hosts, one_host):
    _, (first, second) = two_hosts
    _, expected = one_host
    assert_same_bits(first.leaves, second.leaves)
    assert_close(first.leaves, jax.tree.leaves(expected.state))
    moved = max(np.abs(leaf).max() for leaf in jax.tree.leaves(expected.state.params))
    assert moved > 0.1  # ten thousand times the tolerance


def test_both_know_the_held_out_loss_of_every_row(two_hosts, one_host):
    _, (first, second) = two_hosts
    _, expected = one_host
    np.testing.assert_array_equal(first.loss, second.loss)
    np.testing.assert_allclose(first.loss, expected.held_out.loss, rtol=1e-5)


def test_each_reads_its_own_rows_only(two_hosts):
    _, (first, second) = two_hosts
    assert first.seen == list(range(0, 160, 2))
    assert second.seen == list(range(1, 160, 2))


def test_only_the_first_writes(two_hosts, one_host):
    folder, _ = two_hosts
    run, _ = one_host
    assert not (folder / "elsewhere").exists()
    assert {path.name for path in (folder / "run").iterdir()} == {path.name for path in run.iterdir()}
    for name in ("loss", "grad_norm", "learning_rate"):
        written, expected = (
            [record[name] for record in read_metrics(path / "metrics.jsonl")] for path in (folder / "run", run)
        )
        assert len(written) == 20
        assert written == pytest.approx(expected, rel=1e-4)


def test_one_asked_to_stop_both_end_at_the_same_update_with_a_checkpoint(stopped):
    folder, (first, second) = stopped
    assert_same_bits(first.leaves, second.leaves)
    step = int(first.leaves[0])
    assert 5 <= step < 20
    assert len(first.seen) == len(second.seen) == 4 * step
    assert (folder / "run" / "checkpoints" / str(step)).is_dir()
    assert f"stopped after update {step} of 20" in (folder / "run" / "notes.log").read_text()
    assert not (folder / "elsewhere").exists()


def test_resumed_on_two_hosts_it_is_the_same_run_bit_for_bit(stopped, two_hosts, tmp_path):
    (folder, before), (_, expected) = stopped, two_hosts
    shutil.copytree(folder / "run", tmp_path / "run")
    after = run_two([tmp_path / "run", tmp_path / "elsewhere"], tmp_path, *OPTIONS)
    for host in range(2):
        assert_same_bits(after[host].leaves, expected[host].leaves)
        np.testing.assert_array_equal(after[host].loss, expected[host].loss)
        assert before[host].seen + after[host].seen == expected[host].seen
    assert [record["step"] for record in read_metrics(tmp_path / "run" / "metrics.jsonl")] == list(range(1, 21))


def test_resumed_on_one_host_of_two_devices_it_ends_with_the_same_parameters(stopped, two_hosts, tmp_path):
    (folder, _), (_, (expected, _)) = stopped, two_hosts
    shutil.copytree(folder / "run", tmp_path / "run")
    assert_close(jax.tree.leaves(toy_train(tmp_path / "run", devices=2).state), expected.leaves)


def test_an_error_of_the_first_ends_both_with_its_message(stopped, tmp_path):
    folder, _ = stopped
    shutil.copytree(folder / "run", tmp_path / "run")
    hosts = start_two([tmp_path / "run", tmp_path / "elsewhere"], tmp_path, *OPTIONS, "--seed", 1)
    assert [host.end() for host in hosts] == [1, 1]
    assert "train.seed: 0 there, 1 now" in hosts[0].said
    assert "the first process ended: ValueError" in hosts[1].said
    assert "train.seed: 0 there, 1 now" in hosts[1].said


def test_hosts_with_different_settings_do_not_train(tmp_path):
    runs = [tmp_path / "run", tmp_path / "elsewhere"]
    hosts = start_two(runs, tmp_path, *OPTIONS, second=("--seed", 1, "--checkpoint-every", 4))
    assert [host.end() for host in hosts] == [1, 1]
    assert "the processes have different settings" in hosts[0].said
    assert "train.seed: 0 there, 1 now" in hosts[1].said
    assert "train.checkpoint_every: 3 there, 4 now" in hosts[1].said
    assert not any(run.exists() for run in runs)


@pytest.mark.slow
def test_a_sharded_optimizer_moves_from_one_host_to_two_and_back(two_hosts, tmp_path):
    _, (expected, _) = two_hosts
    sharded = dataclasses.replace(CONFIG, shard_optimizer=True)
    toy_train(tmp_path / "run", config=dataclasses.replace(sharded, steps=6), devices=4)
    options = (*OPTIONS, "--shard-optimizer")
    first, second = run_two([tmp_path / "run", tmp_path / "elsewhere"], tmp_path, *options, "--steps", 12)
    assert_same_bits(first.leaves, second.leaves)
    assert int(first.leaves[0]) == 12
    assert first.seen == list(range(48, 96, 2))
    assert_close(jax.tree.leaves(toy_train(tmp_path / "run", devices=2).state), expected.leaves)


def test_rows_of_a_host_are_rows_of_the_global_batch():
    batch = next(ToyBatches(first=3))
    parts = [next(ToyBatches(first=3, host=host, hosts=2)) for host in range(2)]
    for host, part in enumerate(parts):
        np.testing.assert_array_equal(part.tokens, batch.tokens[host::2])
        np.testing.assert_array_equal(part.rows, batch.rows[host::2])
