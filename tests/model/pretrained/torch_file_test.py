"""Against PyTorch itself, where it is installed."""

import collections
import json
import os
import pickle
import zipfile

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_model import load_pretrained
from agront_model.pretrained import torch_file
from agront_model.pretrained.torch_file import TorchFile
from safetensors.numpy import load_file

torch = pytest.importorskip("torch", reason="pytorch_model.bin needs torch, of the extra agront-model[torch]")


@pytest.fixture
def state(folder):
    return {name: torch.from_numpy(array) for name, array in load_file(folder / "model.safetensors").items()}


@pytest.fixture
def binary(folder, state):
    """The folder with `pytorch_model.bin` alone."""
    torch.save(collections.OrderedDict(state), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


def test_the_same_parameters_as_from_safetensors(pretrained, binary, monkeypatch):
    for part in (1, 0):  # mapped once, and anew for each tensor
        monkeypatch.setattr(torch_file, "_PART_A_MAPPING", part)
        jax.tree.map(np.testing.assert_array_equal, load_pretrained(binary).params, dict(pretrained.params))


def test_equals_the_recorded_outputs(reference, torch_esm_tiny):
    model, params, _ = load_pretrained(torch_esm_tiny)
    recorded = np.load(reference / "esm_tiny" / "outputs.npz")
    tokens = recorded["input_ids"]
    logits = np.asarray(model.lm_logits(params, model.encode(params, tokens).embeddings))
    np.testing.assert_allclose(logits[tokens != 1][:, ::41], recorded["logits"][tokens != 1], atol=1e-4)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_becomes_float32(pretrained, binary, state, dtype):
    halves = {name: tensor.to(getattr(torch, dtype)) for name, tensor in state.items()}
    torch.save(halves, binary / "pytorch_model.bin")
    params = load_pretrained(binary).params
    expected = np.asarray(pretrained.params["agront/layers/ffn/up"]["w"]).astype(jnp.dtype(dtype)).astype(np.float32)
    np.testing.assert_array_equal(params["agront/layers/ffn/up"]["w"], expected)


def test_parameters_views_and_shared_tensors_are_read(pretrained, binary, state):
    decoder = state["lm_head.decoder.weight"]
    state["lm_head.decoder.weight"] = torch.nn.Parameter(decoder.T.contiguous().T)  # not contiguous
    everything = torch.cat([state["lm_head.bias"], torch.zeros(7)])
    state["lm_head.bias"] = everything[:40]
    torch.save(state, binary / "pytorch_model.bin")
    jax.tree.map(np.testing.assert_array_equal, load_pretrained(binary).params, dict(pretrained.params))


def test_names_and_shapes_are_checked_before_any_is_read(binary, state, monkeypatch):
    del state["lm_head.bias"]
    state["lm_head.dense.weight"] = torch.zeros(30, 31)
    state["lm_head.dense.bias"] = torch.zeros(30, dtype=torch.float64)
    torch.save(state, binary / "pytorch_model.bin")
    monkeypatch.setattr(TorchFile, "read", lambda *_: pytest.fail("read before it was checked"))
    with pytest.raises(ValueError, match=r"pytorch_model\.bin: the tensors are not those of") as caught:
        load_pretrained(binary)
    assert "missing: lm_head.bias; of another shape: lm_head.dense.weight (30, 31), expected (30, 30)" in str(
        caught.value
    )
    assert str(caught.value).endswith("lm_head.dense.bias float64")


class MakeFolder:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("place", ["a value", "the whole", "a bare pickle", "PyTorch's old layout"])
def test_a_malicious_pickle_is_refused_and_not_executed(binary, state, tmp_path, place):
    path, target = binary / "pytorch_model.bin", tmp_path / "executed"
    evil = MakeFolder(target)
    if place == "a bare pickle":
        path.write_bytes(pickle.dumps(evil))
    else:
        value = evil if place == "the whole" else state | {"evil": evil}
        torch.save(value, path, _use_new_zipfile_serialization=place != "PyTorch's old layout")
    message = r"not opened, and nothing of it was executed: it asks for posix\.mkdir, which is more than tensors"
    with pytest.raises(ValueError, match=rf"pytorch_model\.bin: ({message}|no zip archive)"):
        load_pretrained(binary)
    assert not target.exists()
    if place != "a bare pickle":
        torch.load(path, weights_only=False)  # who trusts the file runs what is in it: the test would notice
        assert target.exists()


def with_pickle(path, body):
    """Puts another pickle into an archive of PyTorch's."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, body if name.endswith("/data.pkl") else data)


@pytest.mark.parametrize("kind", ["protocol 4", "flipped", "not a pickle"])
def test_what_pytorch_advises_is_not_passed_on(binary, tmp_path, kind):
    """Its message recommends to open the file with weights_only=False, which would execute it."""
    path, target = binary / "pytorch_model.bin", tmp_path / "executed"
    body = pickle.dumps(MakeFolder(target), protocol=4) if kind == "protocol 4" else b"nothing"
    if kind == "flipped":
        with zipfile.ZipFile(path) as archive:
            body = next(archive.read(name) for name in archive.namelist() if name.endswith("/data.pkl"))
        body = body[:2] + b"\xff" + body[3:]
    with_pickle(path, body)
    with pytest.raises(ValueError, match="executed: PyTorch refused it as weights, or it is damaged; fetch") as caught:
        load_pretrained(binary)
    assert "weights_only" not in str(caught.value)
    assert "weights_only" in str(caught.value.__cause__)
    assert not target.exists()


def test_tensors_that_are_only_marked_as_negated_are_read(pretrained, binary, state):
    state["lm_head.bias"] = torch._neg_view(-state["lm_head.bias"])
    assert state["lm_head.bias"].is_neg()
    torch.save(state, binary / "pytorch_model.bin")
    jax.tree.map(np.testing.assert_array_equal, load_pretrained(binary).params, dict(pretrained.params))


@pytest.mark.parametrize("bytes_left", [0, 4, 1000, -1, -1000])
def test_a_truncated_file_is_refused(binary, bytes_left):
    path = binary / "pytorch_model.bin"
    path.write_bytes(path.read_bytes()[:bytes_left])
    with pytest.raises(ValueError, match=r"pytorch_model\.bin: (no zip archive|not opened)"):
        load_pretrained(binary)


def test_the_layout_before_zip_archives_is_refused_with_a_remedy(binary, state):
    torch.save(state, binary / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    with pytest.raises(ValueError, match=r"no zip archive.* torch\.save\(torch\.load\(FILE\), NEW_FILE\)"):
        load_pretrained(binary)


def test_another_zip_archive_is_refused(binary):
    with zipfile.ZipFile(binary / "pytorch_model.bin", "w") as archive:
        archive.writestr("readme.txt", "no weights")
    with pytest.raises(ValueError, match=r"pytorch_model\.bin: not opened"):
        load_pretrained(binary)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (lambda state: list(state.values()), "holds a list, expected tensors by name"),
        (lambda state: {"state_dict": state}, "'state_dict' is a dict, expected a tensor by its name"),
        (lambda state: state | {"step": 3}, "'step' is a int, expected a tensor"),
        (lambda state: state | {"lm_head.bias": torch.zeros(40).to_sparse()}, "lm_head.bias is not a plain tensor"),
    ],
)
def test_other_things_than_tensors_by_name_are_refused(binary, state, value, message):
    torch.save(value(state), binary / "pytorch_model.bin")
    with pytest.raises(ValueError, match=message):
        load_pretrained(binary)


def test_files_split_by_an_index_are_read(pretrained, binary, state):
    names = sorted(state)
    weight_map = {}
    for number, part in enumerate((names[:20], names[20:]), 1):
        file = f"pytorch_model-0000{number}-of-00002.bin"
        torch.save({name: state[name] for name in part}, binary / file)
        weight_map |= dict.fromkeys(part, file)
    (binary / "pytorch_model.bin").unlink()
    (binary / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    jax.tree.map(np.testing.assert_array_equal, load_pretrained(binary).params, dict(pretrained.params))
