"""What `agront_train` writes, `agront_model` reads: the layout of a run folder is all that the two share."""

import dataclasses
import json
import shutil

import jax
import numpy as np
import pytest
from agront_model import AgroNTConfig, load_pretrained
from agront_model.pretrained import DamagedCheckpointWarning
from agront_model.pretrained.run_folder import FORMAT, checkpoint
from agront_train import run_folder, train
from agront_train.run_folder import Checkpointer

CONFIG = AgroNTConfig(num_layers=2, embed_dim=24, num_heads=3, ffn_dim=48, max_tokens=64)  # that of `parts`


def train_two_steps(parts, folder, **settings):
    config = dataclasses.replace(parts.config, steps=2, evaluate_every=2, checkpoint_every=1, **settings)
    return train(
        parts.task,
        parts.loader(),
        parts.held_out_batches(8)[:1],
        config=config,
        run=folder,
        identity={"model": dataclasses.asdict(CONFIG)},
        devices=jax.local_devices()[:2],
    )


@pytest.fixture(scope="module")
def trained(parts, tmp_path_factory):
    """A run of two updates, with a checkpoint after each, and what training says its state is."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    return folder, train_two_steps(parts, folder).state


@pytest.fixture
def run(trained, tmp_path):
    shutil.copytree(trained[0], tmp_path / "run")
    return tmp_path / "run"


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_equal(found, expected):
    assert {module: set(leaves) for module, leaves in found.items()} == {
        module: set(leaves) for module, leaves in expected.items()
    }
    for module, leaves in expected.items():
        for name, leaf in leaves.items():
            np.testing.assert_array_equal(found[module][name], np.asarray(leaf))
            assert found[module][name].dtype == np.float32


def damage(run, step):
    """Flip a bit now and then in all data of a checkpoint: which file holds parameters and which moments is chance."""
    files = [path for path in (run / "checkpoints" / str(step) / "state").rglob("d/*") if path.is_file()]
    assert files
    for path in files:
        content = bytearray(path.read_bytes())
        content[::97] = bytes(byte ^ 1 for byte in content[::97])
        path.write_bytes(content)


def test_the_parameters_are_those_that_were_trained(trained):
    folder, params = trained[0], trained[1].params
    before = contents(folder)
    for source in (folder, folder / "checkpoints" / "2"):
        loaded = load_pretrained(source)
        assert loaded.config == CONFIG
        assert_equal(loaded.params, params)
    one_update = load_pretrained(folder / "checkpoints" / "1").params
    assert not np.array_equal(one_update["agront/lm_head/decoder"]["w"], params["agront/lm_head/decoder"]["w"])
    assert contents(folder) == before


def test_a_checkpoint_with_a_number_that_is_not_finite_is_not_used(trained, run):
    state = jax.tree.map(np.array, trained[1])
    state.params["agront/layers/ffn/up"]["w"][1, 5, 7] = np.nan
    with Checkpointer(run / "checkpoints", keep=9) as checkpoints:
        checkpoints.save(state._replace(step=np.int32(3)), {}, {"model": dataclasses.asdict(CONFIG)})
    said = r"agront/layers/ffn/up/w: 1 of 2,304 numbers are not finite"  # two layers of 24 times 48
    with pytest.warns(DamagedCheckpointWarning, match=said):
        loaded = load_pretrained(run)
    assert loaded.source.folder == run / "checkpoints" / "2"
    assert_equal(loaded.params, trained[1].params)
    with pytest.raises(ValueError, match=said):
        load_pretrained(run / "checkpoints" / "3")


def test_an_optimizer_that_is_cut_into_shares_makes_no_difference(parts, tmp_path):
    params = train_two_steps(parts, tmp_path / "run", shard_optimizer=True).state.params
    assert_equal(load_pretrained(tmp_path / "run").params, params)


def test_both_packages_speak_of_the_same_format():
    assert FORMAT == run_folder.FORMAT


# Orbax's own reader leaves a task behind when it meets a damaged file.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_of_a_damaged_checkpoint_both_packages_take_the_one_before(parts, run):
    expected = load_pretrained(run / "checkpoints" / "1").params
    damage(run, 2)
    before = contents(run)
    with pytest.warns(UserWarning, match=r"checkpoints/2 is damaged \(.*\): took .*checkpoints/1"):
        loaded = load_pretrained(run)
    assert_equal(loaded.params, expected)
    with pytest.raises(ValueError, match=r"checkpoints/2 is damaged"):
        load_pretrained(run / "checkpoints" / "2")
    assert contents(run) == before  # reading never moves anything

    train_two_steps(parts, run)
    assert (run / "rejected_checkpoints" / "2").is_dir()


def test_where_none_is_whole_each_is_named(run):
    damage(run, 1)
    metadata = run / "checkpoints" / "2" / "metadata" / "metadata"
    metadata.write_text(metadata.read_text().replace("0", "1", 1))
    with pytest.raises(ValueError, match=r"no checkpoint of .*run can be read") as caught:
        load_pretrained(run)
    assert "checkpoints/2: metadata differs from its digest" in str(caught.value)
    assert "checkpoints/1: " in str(caught.value)


def test_a_checkpoint_that_training_removes_meanwhile_is_not_missed(run, monkeypatch, recwarn):
    """While 1 is being read, training writes 2 and removes 1."""
    expected = load_pretrained(run / "checkpoints" / "2").params
    (run / "checkpoints" / "2").rename(run / "2")
    read_array = checkpoint._read_array

    def read_while_training(*arguments):
        if (run / "2").exists():
            shutil.rmtree(run / "checkpoints" / "1")
            (run / "2").rename(run / "checkpoints" / "2")
        return read_array(*arguments)

    monkeypatch.setattr(checkpoint, "_read_array", read_while_training)
    assert_equal(load_pretrained(run).params, expected)
    assert not [warning for warning in recwarn if "checkpoint" in str(warning.message)]


def test_what_is_still_being_written_is_no_checkpoint(run):
    shutil.rmtree(run / "checkpoints" / "2")
    (run / "checkpoints" / "1").rename(run / "checkpoints" / "1.orbax-checkpoint-tmp")
    with pytest.raises(FileNotFoundError, match=r"run holds no checkpoint: the run has to write its first one"):
        load_pretrained(run)


@pytest.fixture
def rewrite(run):
    """Change the metadata of checkpoint 2, seal included."""

    def change(function):
        file = run / "checkpoints" / "2" / "metadata" / "metadata"
        content = json.loads(file.read_text())["content"]
        function(content)
        file.write_text(json.dumps({"content": content, "digest": run_folder.json_digest(content)}))
        return run

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content.update(format=2), r"checkpoints/2 has format 2, and this version .* reads 1"),
        (lambda content: content["identity"].pop("model"), r"not described as an AgroNT: KeyError: 'model'"),
        (lambda content: content["identity"]["model"].update(depth=3), r"unexpected keyword argument 'depth'"),
        (
            lambda content: content["identity"]["model"].update(ffn_dim=40),
            r"layers/ffn/down/w is float32\[2, 48, 24\], expected float32\[2, 40, 24\]",
        ),
    ],
)
def test_another_format_or_model_is_refused_and_no_older_checkpoint_taken(rewrite, change, message):
    with pytest.raises(ValueError, match=message):
        load_pretrained(rewrite(change))
