import json
import shutil
import time

import jax
import numpy as np
import orbax.checkpoint as ocp
import pytest
from agront_train import init_state
from agront_train.run_folder import Checkpointer
from agront_train.run_folder.array_digests import json_digest
from toy_training import CONFIG, ToyModel, toy_task

# Orbax's own reader leaves a task behind when it meets a damaged file.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

IDENTITY = {"model": {"width": 16}, "store": "abc"}


def state_at(step, width=16):
    state = jax.tree.map(np.array, init_state(toy_task(ToyModel(width)), CONFIG))
    params = jax.tree.map(lambda leaf: leaf + np.float32(step), state.params)
    return state._replace(step=np.int32(step), params=params)


def template(width=16):
    return jax.eval_shape(lambda: init_state(toy_task(ToyModel(width)), CONFIG))


@pytest.fixture
def folder(tmp_path):
    """Checkpoints of steps 1 to 3, of which the last two are kept."""
    with Checkpointer(tmp_path / "checkpoints", keep=2) as checkpointer:
        for step in (1, 2, 3):
            checkpointer.save(state_at(step), {"next_index": step}, IDENTITY)
            checkpointer.wait()
    return tmp_path / "checkpoints"


def restore(folder, identity=IDENTITY, width=16):
    with Checkpointer(folder, keep=2) as checkpointer:
        return checkpointer.restore(template(width), identity)


def assert_is(restored, step):
    assert restored.state.step == step
    assert restored.loader_state == {"next_index": step}
    for leaf, expected in zip(jax.tree.leaves(restored.state), jax.tree.leaves(state_at(step)), strict=True):
        assert isinstance(leaf, np.ndarray)
        np.testing.assert_array_equal(leaf, expected)


def largest_file(folder):
    """The one with the arrays: what describes them may be larger."""
    return max((path for path in folder.rglob("d/*") if path.is_file()), key=lambda path: path.stat().st_size)


def flip_a_byte(file):
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def test_the_newest_is_restored_bit_for_bit_and_the_newest_few_are_kept(folder):
    restored = restore(folder)
    assert_is(restored, 3)
    assert restored.rejected == ()
    assert jax.tree.structure(restored.state) == jax.tree.structure(template())
    with Checkpointer(folder, keep=2) as checkpointer:
        assert checkpointer.steps == [2, 3]


def test_a_new_folder_holds_none(tmp_path):
    assert restore(tmp_path / "checkpoints") is None


def test_a_flipped_byte_in_any_file_is_harmless_or_noticed(folder, tmp_path):
    # In the middle of each file that carries content, in turn: arrays, their index, and the metadata.
    files = [file for file in (folder / "3").rglob("*") if file.is_file() and file.stat().st_size > 0]
    content = [file for file in files if "/d/" in str(file) or file.parent.name == "metadata"]
    assert len(content) >= 3
    for number, file in enumerate(content):
        copy = tmp_path / str(number) / "checkpoints"
        shutil.copytree(folder, copy)
        flip_a_byte(copy / file.relative_to(folder))
        restored = restore(copy)
        assert_is(restored, 2 if restored.rejected else 3)
        if restored.rejected:
            assert restored.rejected[0].startswith("checkpoint 3 is damaged")
            assert (copy.parent / "rejected_checkpoints" / "3").is_dir()
    largest = tmp_path / "largest" / "checkpoints"
    shutil.copytree(folder, largest)
    flip_a_byte(largest_file(largest / "3"))
    assert_is(restore(largest), 2)


def test_a_changed_number_in_the_metadata_is_noticed(folder):
    file = folder / "3" / "metadata" / "metadata"
    sealed = json.loads(file.read_text())
    sealed["content"]["loader_state"]["next_index"] = 4
    file.write_text(json.dumps(sealed))
    restored = restore(folder)
    assert_is(restored, 2)
    assert "metadata differs from its digest" in restored.rejected[0]


def test_a_rejected_step_can_be_written_again(folder):
    flip_a_byte(largest_file(folder / "3"))
    with Checkpointer(folder, keep=2) as checkpointer:
        assert_is(checkpointer.restore(template(), IDENTITY), 2)
        checkpointer.save(state_at(3), {"next_index": 3}, IDENTITY)
        checkpointer.wait()
        assert_is(checkpointer.restore(template(), IDENTITY), 3)


def test_nothing_whole_is_an_error_that_names_them_all_and_moves_nothing(folder):
    for step in ("2", "3"):
        flip_a_byte(largest_file(folder / step))
    for _ in range(2):
        with pytest.raises(ValueError, match=r"(?s)no checkpoint can be read, and none was touched.*/3: .*/2: "):
            restore(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["2", "3"]


def test_a_disk_that_fails_once_costs_no_checkpoint(folder, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as failing:
        failing.setattr(ocp.CheckpointManager, "restore", fail)
        with pytest.raises(ValueError, match="no checkpoint can be read"):
            restore(folder)
    assert_is(restore(folder), 3)


def test_a_truncated_file_is_noticed(folder):
    file = largest_file(folder / "3")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert_is(restore(folder), 2)


def test_another_shape_than_asked_for_is_not_restored(folder):
    with pytest.raises(ValueError, match=r"holds other arrays: .*is float32\[21, 16\] there, float32\[21, 8\] here"):
        restore(folder, width=8)
    assert_is(restore(folder), 3)


def test_another_run_is_refused_with_both_values_and_nothing_is_moved(folder):
    with pytest.raises(ValueError, match="store: abc there, xyz now"):
        restore(folder, identity={**IDENTITY, "store": "xyz"})
    assert_is(restore(folder), 3)


def test_a_checkpoint_is_never_written_over(folder):
    with Checkpointer(folder, keep=2) as checkpointer, pytest.raises(ValueError, match="never written over"):
        checkpointer.save(state_at(3), {"next_index": 9}, IDENTITY)


@pytest.mark.parametrize(
    ("orbax_class", "method"),
    [(ocp.CheckpointManager, "save"), (ocp.PyTreeCheckpointHandler, "finalize")],
    ids=["at once", "in the background"],
)
def test_a_save_that_fails_is_an_error_and_costs_no_checkpoint(folder, monkeypatch, orbax_class, method):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    with Checkpointer(folder, keep=2) as checkpointer:
        with monkeypatch.context() as failing:
            failing.setattr(orbax_class, method, fail)
            for _ in range(3):
                with pytest.raises(OSError, match=r"checkpoints/4 could not be written: .*No space left"):
                    save_and_wait(checkpointer, 4)
                assert checkpointer.steps == [2, 3]
        assert_is(checkpointer.restore(template(), IDENTITY), 3)
        save_and_wait(checkpointer, 4)
    assert sorted(path.name for path in folder.iterdir()) == ["3", "4"]
    assert_is(restore(folder), 4)


def save_and_wait(checkpointer, step):
    checkpointer.save(state_at(step), {"next_index": step}, IDENTITY)
    checkpointer.wait()


def look_for_long(checkpointer):
    for _ in range(1000):
        checkpointer.check()
        time.sleep(0.01)


def test_a_failure_is_noticed_without_waiting(folder, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ocp.PyTreeCheckpointHandler, "finalize", fail)
    with Checkpointer(folder, keep=2) as checkpointer:
        checkpointer.save(state_at(4), {"next_index": 4}, IDENTITY)
        with pytest.raises(OSError, match="checkpoints/4 could not be written"):
            look_for_long(checkpointer)
        checkpointer.check()  # said once


def test_a_checkpoint_of_an_unknown_format_is_refused_by_name(folder):
    file = folder / "3" / "metadata" / "metadata"
    sealed = json.loads(file.read_text())
    sealed["content"]["format"] = 2
    file.write_text(json.dumps({"content": sealed["content"], "digest": json_digest(sealed["content"])}))
    with pytest.raises(ValueError, match=r"checkpoints/3 has format 2, and this version reads 1"):
        restore(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["2", "3"]
