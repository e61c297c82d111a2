import codecs
import json
import shutil
import sys

import jax
import jax.numpy as jnp
import joblib
import numpy as np
import pytest
from agront_model import AgroNTConfig, Precision, load_pretrained, save_pretrained
from agront_model.pretrained import loading, peek_config, weight_source
from agront_model.pretrained.huggingface_config import write_config
from safetensors.numpy import load_file, save_file


def rewrite(folder, change):
    """Rewrites the weights of a folder after `change` did something to the dict of tensors."""
    tensors = load_file(folder / "model.safetensors")
    change(tensors)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def error(found, expected):
    return np.abs(np.asarray(found) - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize(("compute", "tolerance"), [("float32", 1e-4), ("bfloat16", 3e-2)])
def test_equals_the_recorded_outputs_of_transformers(reference, compute, tolerance):
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


def test_equals_the_recorded_outputs_of_the_authors_jax_code(reference):
    model, params, config = load_pretrained(reference / "haiku_tiny")
    assert config == AgroNTConfig(
        num_layers=2, embed_dim=60, num_heads=4, ffn_dim=96, max_tokens=64, layer_norm_eps=1e-5
    )
    recorded = np.load(reference / "haiku_tiny" / "outputs.npz")
    tokens = recorded["input_ids"]
    valid = tokens != config.pad_token_id
    out = model.encode(params, tokens, hidden_states=True)
    for layer in (1, 2):
        np.testing.assert_allclose(out.hidden_states[layer][valid], recorded[f"embeddings_{layer}"][valid], atol=1e-4)
    logits = model.lm_logits(params, out.embeddings)[valid]
    np.testing.assert_allclose(logits[:, ::41], recorded["logits"][valid], atol=1e-4)
    np.testing.assert_array_equal(logits.argmax(-1), recorded["logits_argmax"][valid])


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
    assert message.endswith("of a number format other than float32, float16, bfloat16: lm_head.dense.bias I8")


def test_weights_of_another_width_are_refused_before_any_is_read(pretrained, folder, tmp_path, monkeypatch):
    config = AgroNTConfig(vocabulary_size=40, num_layers=3, embed_dim=32, num_heads=2, ffn_dim=44, max_tokens=24)
    write_config(config, folder / "config.json")
    monkeypatch.setattr(loading.SafetensorsFile, "read", lambda *_: pytest.fail("read before it was checked"))
    with pytest.raises(ValueError, match=r"esm\.encoder\.layer\.\{0-2\}\.attention\.self\.key\.bias \(30,\), exp"):
        load_pretrained(folder)


@pytest.mark.parametrize("of_authors", [False, True])
def test_more_layers_than_the_file_can_hold_are_refused_at_once(folder, authors_folder, monkeypatch, of_authors):
    file = authors_folder / "hyperparams.json" if of_authors else folder / "config.json"
    key = "num_layers" if of_authors else "num_hidden_layers"
    file.write_text(json.dumps(json.loads(file.read_text()) | {key: 10**7}))
    for names in ("esm_leaves", "authors_leaves"):
        monkeypatch.setattr(loading, names, lambda *_: pytest.fail("named the tensors of ten million layers"))
    with pytest.raises(ValueError, match=r"holds \d\d tensors in all, and .*json says 10,000,000"):
        load_pretrained(file.parent)


@pytest.mark.parametrize("bad", [np.nan, -np.inf])
def test_a_number_that_is_not_finite_is_refused_with_its_tensor(folder, authors_folder, authors_tree, bad):
    def change(tensors):
        tensors["esm.encoder.layer.1.output.dense.weight"][3, 2] = bad

    rewrite(folder, change)
    expected = r"model\.safetensors, esm\.encoder\.layer\.1\.output\.dense\.weight: 1 of 1,320 numbers are not finite"
    with pytest.raises(ValueError, match=expected):  # 30 times 44
        load_pretrained(folder)
    authors_tree["esm_transformer/attention_layer_1/~/fc2"]["b"][:2] = bad
    joblib.dump(authors_tree, authors_folder / "pytree_ckpt.joblib")
    expected = r"pytree_ckpt\.joblib, esm_transformer/attention_layer_1/~/fc2/b: 2 of 12 numbers are not finite"
    with pytest.raises(ValueError, match=expected):
        load_pretrained(authors_folder)


def test_the_mark_that_windows_puts_before_a_config_is_passed_over(folder, authors_folder):
    for file in (folder / "config.json", authors_folder / "hyperparams.json"):
        expected = load_pretrained(file.parent).config
        file.write_bytes(codecs.BOM_UTF8 + file.read_bytes().replace(b"\n", b"\r\n"))
        assert load_pretrained(file.parent).config == expected
        assert peek_config(file.parent) == expected


@pytest.mark.parametrize("bytes_left", [0, 4, 100, 5000, -100])
def test_a_truncated_safetensors_file_is_refused(folder, bytes_left):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:bytes_left])
    with pytest.raises(ValueError, match=r"model\.safetensors: not a whole safetensors file"):
        load_pretrained(folder)


def test_safetensors_is_taken_where_both_are(pretrained, folder):
    (folder / "pytorch_model.bin").write_bytes(b"not looked at")
    jax.tree.map(np.testing.assert_array_equal, load_pretrained(folder).params, dict(pretrained.params))


def test_a_folder_without_weights_says_what_is_looked_for(folder, authors_folder):
    (folder / "model.safetensors").rename(folder / "model.gguf")
    with pytest.raises(FileNotFoundError, match=r"neither model\.safetensors nor pytorch_model\.bin.* one of them$"):
        load_pretrained(folder)
    shutil.copytree(authors_folder, folder / "jax_model")
    with pytest.raises(FileNotFoundError, match=r"one of them, or load .*jax_model$"):
        load_pretrained(folder)


def test_a_folder_without_config_says_what_is_looked_for(folder):
    (folder / "config.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"saved: no weights here.* neither config\.json .*run\.json"):
        load_pretrained(folder)


def test_no_such_folder_and_a_file_in_place_of_one(folder, tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing: no such folder"):
        load_pretrained(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match=r"model\.safetensors: a file; give the folder"):
        load_pretrained(folder / "model.safetensors")


def test_without_torch_the_message_says_what_to_install(folder, authors_folder, monkeypatch):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ValueError, match=r"pytorch_model\.bin: .* pip install 'agront-model\[torch\]'"):
        load_pretrained(folder)
    shutil.copytree(authors_folder, folder / "jax_model")
    with pytest.raises(ValueError, match=r"need nothing more, nor does .*jax_model"):
        load_pretrained(folder)


def test_a_name_that_is_no_folder_is_a_repository(folder, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(weight_source, "fetch", lambda *repository: asked.append(repository) or folder)
    monkeypatch.chdir(tmp_path)
    assert load_pretrained("Some-one/a_model.1", revision="abc").config.num_layers == 3
    assert asked == [("Some-one/a_model.1", "abc")]
    (tmp_path / "Some-one").mkdir()
    shutil.copytree(folder, tmp_path / "Some-one" / "a_model.1")
    assert load_pretrained("Some-one/a_model.1").config.num_layers == 3
    assert len(asked) == 1
    with pytest.raises(ValueError, match="revision 'abc' goes with a repository"):
        load_pretrained("Some-one/a_model.1", revision="abc")
    for path in ("./some/model", "/some/model", "some/model/deeper", "some", tmp_path / "some"):
        with pytest.raises(FileNotFoundError, match="no such folder"):
            load_pretrained(path)
    with pytest.raises(ValueError, match="some/model@: no revision behind the @"):
        load_pretrained("some/model@")
    assert len(asked) == 1
    load_pretrained("some/model/jax_model", revision="v1")
    load_pretrained("some/model@v1/jax_model")
    assert asked[1:] == [("some/model/jax_model", "v1")] * 2


def test_the_authors_folder_and_the_one_around_it(authors_tree, authors_folder, tmp_path):
    for source in (authors_folder, tmp_path):
        _, params, config = load_pretrained(source)
        assert (config.vocabulary_size, config.num_positions, config.layer_norm_eps) == (25, 13, 1e-5)
        loaded = params["agront/layers/ffn/down"]["w"][1]
        np.testing.assert_array_equal(loaded, authors_tree["esm_transformer/attention_layer_1/~/fc2"]["w"])


def test_one_model_in_both_formats_computes_the_same(authors_folder, tmp_path):
    """Layer norms differ in eps, which the config carries to the other format."""
    ours = load_pretrained(authors_folder)
    save_pretrained(ours, tmp_path / "saved")
    again = load_pretrained(tmp_path / "saved")
    assert again.config == ours.config
    jax.tree.map(np.testing.assert_array_equal, again.params, ours.params)


def test_the_source_says_where_weights_come_from(folder, authors_folder, tmp_path, monkeypatch):
    source = load_pretrained(folder).source
    assert (source.name, source.folder, source.format) == (str(folder), folder, "safetensors")
    assert (source.commit, source.licence, source.notes, source.run) == (None, None, (), None)
    assert load_pretrained(authors_folder).source.format == "the authors' jax_model"
    snapshot = tmp_path / "models--owner--name" / "snapshots" / ("c" * 40)
    shutil.copytree(folder, snapshot)
    (snapshot / "README.md").write_text("---\nlicense: mit\n---\n")
    monkeypatch.setattr(weight_source, "fetch", lambda *_: snapshot)
    source = load_pretrained("owner/name").source
    assert (source.name, source.commit, source.folder) == (f"owner/name@{'c' * 40}", "c" * 40, snapshot)
    assert source.licence.identifier == "mit"


def test_a_config_is_read_without_the_weights(folder, authors_folder, tmp_path):
    expected = load_pretrained(folder).config
    (folder / "model.safetensors").unlink()
    assert peek_config(folder) == expected
    assert peek_config(authors_folder).layer_norm_eps == 1e-5
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text(json.dumps({"identity": {"model": {"num_layers": 7}}}))
    assert peek_config(tmp_path / "run").num_layers == 7
    (tmp_path / "run" / "run.json").write_text('{"identity": {"model": {"layers": 7}}}')
    for source in ("owner/name", tmp_path / "nothing", tmp_path / "run"):
        assert peek_config(source) is None
