import jax
import numpy as np
import pytest
from agront_model import AgroNTConfig, Pretrained, load_pretrained, save_pretrained
from agront_model.pretrained import saving
from safetensors import SafetensorError
from safetensors.numpy import load_file


def test_what_is_saved_is_loaded_bit_for_bit(pretrained, folder):
    loaded = load_pretrained(str(folder))
    assert loaded.config == pretrained.config
    assert jax.tree.structure(loaded.params) == jax.tree.structure(dict(pretrained.params))
    jax.tree.map(np.testing.assert_array_equal, loaded.params, dict(pretrained.params))
    assert sorted(path.name for path in folder.parent.iterdir()) == ["saved"]
    assert (folder / "model.safetensors").stat().st_mode == (folder / "config.json").stat().st_mode


def test_tensors_stand_under_the_names_and_shapes_of_pytorch(pretrained, folder):
    tensors = load_file(folder / "model.safetensors")
    up = pretrained.params["agront/layers/ffn/up"]
    np.testing.assert_array_equal(tensors["esm.encoder.layer.2.intermediate.dense.weight"], up["w"][2].T)
    np.testing.assert_array_equal(tensors["esm.encoder.layer.1.intermediate.dense.bias"], up["b"][1])
    assert tensors["esm.encoder.layer.0.output.dense.weight"].shape == (30, 44)
    assert tensors["lm_head.decoder.weight"].shape == (40, 30)
    assert tensors["lm_head.bias"].shape == (40,)
    assert tensors["esm.contact_head.regression.weight"].shape == (1, 6)
    assert not tensors["esm.contact_head.regression.weight"].any()


def test_nothing_is_written_over(pretrained, folder):
    before = (folder / "model.safetensors").read_bytes()
    with pytest.raises(FileExistsError, match="saved exists already; choose another name"):
        save_pretrained(pretrained, folder)
    assert (folder / "model.safetensors").read_bytes() == before


def test_an_empty_folder_is_filled(pretrained, tmp_path):
    (tmp_path / "empty").mkdir()
    save_pretrained(pretrained, tmp_path / "empty")
    assert sorted(path.name for path in (tmp_path / "empty").iterdir()) == ["config.json", "model.safetensors"]


@pytest.mark.parametrize(
    ("raised", "expected", "message"),
    [
        (KeyboardInterrupt("stopped"), KeyboardInterrupt, "stopped"),
        (
            SafetensorError("No space left on device"),
            OSError,
            "saved could not be written, .* left: No space left on device; make",
        ),
    ],
)
def test_an_interrupted_write_leaves_nothing(pretrained, tmp_path, monkeypatch, raised, expected, message):
    def interrupted(tensors, path, metadata):
        path.write_bytes(b"half")
        raise raised

    monkeypatch.setattr(saving, "save_file", interrupted)
    with pytest.raises(expected, match=message):
        save_pretrained(pretrained, tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []


def test_parameters_of_another_config_are_refused(pretrained, tmp_path):
    model, params, config = pretrained
    replicated = jax.tree.map(lambda x: np.stack([x, x]), params)
    with pytest.raises(
        ValueError, match=r"\(2, 26, 30\), expected \(26, 30\) .* of replicated parameters take one copy"
    ):
        save_pretrained(Pretrained(model, replicated, config), tmp_path / "saved")
    deeper = AgroNTConfig(vocabulary_size=40, num_layers=4, embed_dim=30, num_heads=2, ffn_dim=44, max_tokens=24)
    with pytest.raises(ValueError, match="do not belong to this config"):
        save_pretrained(Pretrained(model, params, deeper), tmp_path / "saved")
    assert list(tmp_path.iterdir()) == []
