"""What happens to a run when a host, a process or a disk fails. The processes are `toy_training` as a script."""

import shutil
import signal
import subprocess
import time

import jax
import numpy as np
import orbax.checkpoint as ocp
import pytest
from agront_train import StepRecord, init_state, read_metrics
from agront_train.devices import HEARTBEAT_TIMEOUT_SECONDS
from agront_train.run_folder import Checkpointer
from toy_hosts import kill, start_two
from toy_training import CONFIG, SLOW_TO_SAVE, SpokenBatches, toy_task, toy_train

# Orbax's own writer leaves a task behind when the disk is full.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

# A survivor ends within the heartbeat's timeout and this; what it does then is to close files and let JAX go.
GRACE_SECONDS = 20


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """On one device."""
    return toy_train(tmp_path_factory.mktemp("undisturbed") / "run", **SLOW_TO_SAVE)


def being_written(run):
    return [path for path in (run / "checkpoints").glob("*") if not path.name.isdigit()]


def whole(run):
    return sorted(int(path.name) for path in (run / "checkpoints").glob("*") if path.name.isdigit())


def assert_it_resumes_on_one_host(run, undisturbed):
    """From the last whole checkpoint, to the same end; other topologies add in another order."""
    last = max(whole(run))
    assert 2 <= last < 20
    result = toy_train(run, **SLOW_TO_SAVE)
    assert f"resumed at update {last} of 20" in (run / "notes.log").read_text()
    for leaf, expected in zip(jax.tree.leaves(result.state), jax.tree.leaves(undisturbed.state), strict=True):
        np.testing.assert_allclose(leaf, expected, rtol=0, atol=1e-5)
    assert [record["step"] for record in read_metrics(run / "metrics.jsonl")] == list(range(1, 21))
    assert not being_written(run)


@pytest.mark.slow
@pytest.mark.parametrize("victim", [1, 0], ids=["the second dies", "the first dies"])
def test_killed_while_a_checkpoint_is_written_the_other_host_ends_and_the_run_resumes_on_one(
    victim, undisturbed, tmp_path
):
    run = tmp_path / "run"
    hosts = start_two([run, tmp_path / "elsewhere"], tmp_path, "--pause", 0.05, devices=1)
    hosts[victim].wait_until(lambda: whole(run) and being_written(run))
    kill(hosts[victim])
    if victim == 0:
        assert being_written(run), "the kill did not fall into the write"
    survivor = hosts[1 - victim]
    assert survivor.end(HEARTBEAT_TIMEOUT_SECONDS + GRACE_SECONDS) != 0
    assert "ended after update" not in survivor.said
    assert not (tmp_path / "elsewhere").exists()
    assert_it_resumes_on_one_host(run, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("victim", [1, 0], ids=["the second dies", "the first dies"])
def test_killed_in_an_update_the_other_host_ends_and_the_run_resumes_on_one(victim, undisturbed, tmp_path):
    run = tmp_path / "run"
    hosts = start_two([run, tmp_path / "elsewhere"], tmp_path, "--pause", 0.2, devices=1)
    hosts[victim].wait_for_update(6)
    kill(hosts[victim])
    assert hosts[1 - victim].end(HEARTBEAT_TIMEOUT_SECONDS + GRACE_SECONDS) != 0
    assert_it_resumes_on_one_host(run, undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize("victim", [1, 0], ids=["the second hangs", "the first hangs"])
def test_a_host_that_says_nothing_any_more_ends_the_other(victim, undisturbed, tmp_path):
    run = tmp_path / "run"
    hosts = start_two([run, tmp_path / "elsewhere"], tmp_path, "--pause", 0.2, "--heartbeat", 10, devices=1)
    hosts[victim].wait_for_update(6)
    hosts[victim].signal(signal.SIGSTOP)  # as a machine that lost its network: its connections stay open
    try:
        assert hosts[1 - victim].end(10 + GRACE_SECONDS) != 0
    finally:
        kill(hosts[victim])
    assert_it_resumes_on_one_host(run, undisturbed)


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a full disk is a small tmpfs here, and this user may mount none")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


class FullDisk:
    """An observer that fills a disk after an update, when the checkpoint before is whole, and makes room later."""

    def __init__(self, folder, full_after, room_after=None):
        self.file, self.full_after, self.room_after = folder / "fill", full_after, room_after
        self.notes = []

    def record(self, record: StepRecord):
        if record.step == self.full_after:
            run, last = self.file.parent / "run", 3 * (record.step // 3)
            while last not in whole(run) or len(whole(run)) > 3:  # when one is whole, the oldest goes and makes room
                time.sleep(0.01)
            self.file.write_bytes(bytes(shutil.disk_usage(self.file.parent).free))
        if record.step == self.room_after:
            shutil.copytree(self.file.parent / "run" / "checkpoints", self.file.parent.parent / "while full")
            self.file.unlink()

    def note(self, message):
        self.notes.append(message)

    def close(self):
        pass


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """An undisturbed run of the small model."""
    return toy_train(tmp_path_factory.mktemp("small") / "run")


def assert_same_bits(result, expected):
    for leaf, other in zip(jax.tree.leaves(result.state), jax.tree.leaves(expected.state), strict=True):
        np.testing.assert_array_equal(leaf, other)


def test_a_full_disk_costs_the_checkpoints_of_that_time_and_nothing_else(small, small_disk, tmp_path):
    disk = FullDisk(small_disk, full_after=8, room_after=14)
    batches = SpokenBatches(pause=0.1)  # time for a checkpoint to fail before there is room again
    result = toy_train(small_disk / "run", observers=lambda resume_at: [disk], batches=batches)
    assert_same_bits(result, small)
    failed = [note for note in disk.notes if "could not be written" in note]
    assert len(failed) == 2
    for step, note in zip((9, 12), failed, strict=True):
        assert f"checkpoints/{step} could not be written" in note
        assert note.endswith("; the run goes on")
        assert "No space left on device" in note
        assert len(note) < 300
    assert whole(small_disk / "run") == [15, 18, 20]
    assert [record["step"] for record in read_metrics(small_disk / "run" / "metrics.jsonl")] == list(range(1, 21))
    # What stood there while the disk was full can be restored.
    template = jax.eval_shape(lambda: init_state(toy_task(), CONFIG))
    identity = {"model": {"width": 16}, "train": CONFIG.identity()}
    with Checkpointer(tmp_path / "while full", keep=3) as checkpointer:
        assert checkpointer.steps == [3, 6]
        restored = checkpointer.restore(template, identity)
    assert (restored.state.step, restored.rejected) == (6, ())


def test_a_disk_that_is_full_at_the_end_ends_the_run_with_an_error_and_nothing_is_claimed(small, small_disk):
    run = small_disk / "run"
    with pytest.raises(OSError, match=r"checkpoints/20 could not be written: .*No space left .*train again"):
        toy_train(run, observers=lambda resume_at: [FullDisk(small_disk, full_after=19)])
    (small_disk / "fill").unlink()
    assert whole(run) == [12, 15, 18]
    assert_same_bits(toy_train(run), small)
    assert whole(run) == [15, 18, 20]


def test_a_checkpoint_that_fails_late_costs_no_later_one(small, tmp_path, monkeypatch):
    finalize = ocp.PyTreeCheckpointHandler.finalize

    def slow_and_failing(self, directory):
        if "18." in str(directory):
            time.sleep(0.5)
            raise OSError(5, "Input/output error")
        finalize(self, directory)

    monkeypatch.setattr(ocp.PyTreeCheckpointHandler, "finalize", slow_and_failing)
    run = tmp_path / "run"
    assert_same_bits(toy_train(run), small)
    assert whole(run) == [12, 15, 20]
    assert (
        "checkpoints/18 could not be written: [Errno 5] Input/output error; the run" in (run / "notes.log").read_text()
    )
