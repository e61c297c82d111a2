import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_model import AgroNTConfig, Precision, Pretrained, load_pretrained, save_pretrained
from agront_model import pretrained as module
from safetensors.numpy import load_file, save_file


@pytest.fixture
def folder(pretrained, tmp_path):
    save_pretrained(pretrained, tmp_path / "saved")
    return tmp_path / "saved"


def rewrite(folder, change):
    """Rewrites the weights of a folder after `change` did something to the dict of tensors."""
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def error(found, expected):
    return np.abs(np.asarray(found) - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize(("compute", "tolerance"), [("float32", 1e-4), ("bfloat16", 3e-2)])
def test_equals_the_recorded_outputs(reference, compute, tolerance):
    model, params, config = load_pretrained(reference / "esm_tiny", Precision(compute=compute))
    assert (config.num_layers, config.embed_dim, config.head_dim, config.layer_norm_eps) == (3, 60, 15, 1e-12)
    recorded = np.load(reference / "esm_tiny" / "outputs.npz")
    tokens = recorded["input_ids"]
    valid = tokens != config.pad_token_id
    out = model.encode(params, tokens, hidden_states=True, attention_layers=(0, 1, 2))
    for i in range(4):
        assert error(out.hidden_states[i][valid], recorded[f"hidden_state_{i}"][valid]) < tolerance
    for i in range(3):
        assert error(out.attention[i][:1], recorded[f"attention_{i}"]) < tolerance
    logits = model.lm_logits(params, out.embeddings)[valid]
    assert error(logits[:, ::41], recorded["logits"][valid]) < tolerance
    assert error(jax.nn.logsumexp(logits, axis=-1), recorded["logsumexp"][valid]) < tolerance
    if compute == "float32":
        np.testing.assert_array_equal(logits.argmax(-1), recorded["logits_argmax"][valid])


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


@pytest.mark.parametrize("dtype", [np.float16, jnp.bfloat16])
def test_half_precision_files_become_float32(pretrained, folder, dtype):
    rewrite(folder, lambda tensors: tensors.update({name: x.astype(dtype) for name, x in tensors.items()}))
    params = load_pretrained(folder).params
    for name, values in pretrained.params.items():
        for key, value in values.items():
            assert params[name][key].dtype == jnp.float32
            np.testing.assert_array_equal(params[name][key], np.asarray(value).astype(dtype).astype(np.float32))


def test_contact_head_and_position_buffer_are_known_and_ignored(folder):
    def change(tensors):
        del tensors["esm.contact_head.regression.weight"]
        tensors["esm.embeddings.position_ids"] = np.arange(26)[None]

    rewrite(folder, change)
    assert load_pretrained(folder).config.num_layers == 3


def test_layer_norms_under_their_old_names_are_read(pretrained, folder):
    def change(tensors):
        for name in [name for name in tensors if "LayerNorm" in name]:
            tensors[name.replace(".weight", ".gamma").replace(".bias", ".beta")] = tensors.pop(name)

    rewrite(folder, change)
    assert "esm.encoder.layer.1.attention.LayerNorm.gamma" in load_file(folder / "model.safetensors")
    jax.tree.map(np.testing.assert_array_equal, load_pretrained(folder).params, dict(pretrained.params))


def test_one_tensor_under_two_names_is_refused(folder):
    rewrite(folder, lambda tensors: tensors.update({"esm.encoder.layer.0.LayerNorm.beta": np.ones(30, np.float32)}))
    with pytest.raises(ValueError, match=r"unexpected: esm\.encoder\.layer\.0\.LayerNorm\.beta$"):
        load_pretrained(folder)


def test_tensors_missing_unexpected_and_misshaped_are_listed_by_name(folder):
    def change(tensors):
        del tensors["lm_head.bias"]
        tensors["esm.encoder.layer.3.LayerNorm.bias"] = np.zeros(30, np.float32)
        tensors["esm.pooler.dense.bias"] = np.zeros(30, np.float32)
        tensors["esm.encoder.layer.1.output.dense.weight"] = np.zeros((44, 30), np.float32)
        tensors["lm_head.dense.bias"] = np.zeros(30, np.int8)

    rewrite(folder, change)
    with pytest.raises(ValueError, match=r"model\.safetensors: the tensors are not those of") as caught:
        load_pretrained(folder)
    message = str(caught.value)
    assert "missing: lm_head.bias;" in message
    assert "unexpected: esm.encoder.layer.3.LayerNorm.bias, esm.pooler.dense.bias;" in message
    assert "another shape: esm.encoder.layer.1.output.dense.weight (44, 30), expected (30, 44);" in message
    assert message.endswith("not floating point: lm_head.dense.bias I8")


def test_a_truncated_file_is_refused(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"model\.safetensors: not a whole safetensors file"):
        load_pretrained(folder)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("pytorch_model.bin", "only pytorch_model.bin, which is not read yet. Convert it with transformers"),
        ("model.safetensors.index.json", "split over several files"),
        ("README.md", "model.safetensors: no such file"),
    ],
)
def test_a_folder_without_safetensors_says_what_to_do(folder, other, message):
    (folder / "model.safetensors").rename(folder / other)
    with pytest.raises(FileNotFoundError, match=message):
        load_pretrained(folder)


def test_no_config(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"config\.json: no such file"):
        load_pretrained(tmp_path / "nothing")


def test_nothing_is_written_over(pretrained, folder):
    before = (folder / "model.safetensors").read_bytes()
    with pytest.raises(FileExistsError, match="saved: exists already; choose another name"):
        save_pretrained(pretrained, folder)
    assert (folder / "model.safetensors").read_bytes() == before


def test_an_empty_folder_is_filled(pretrained, tmp_path):
    (tmp_path / "empty").mkdir()
    save_pretrained(pretrained, tmp_path / "empty")
    assert sorted(path.name for path in (tmp_path / "empty").iterdir()) == ["config.json", "model.safetensors"]


def test_an_interrupted_write_leaves_nothing(pretrained, tmp_path, monkeypatch):
    def interrupted(tensors, path, metadata):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "save_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
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
