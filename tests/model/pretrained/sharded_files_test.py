import json

import jax
import numpy as np
import pytest
from agront_model import load_pretrained
from safetensors.numpy import load_file, save_file

FILES = [f"model-0000{number}-of-00003.safetensors" for number in (1, 2, 3)]


@pytest.fixture
def sharded(folder):
    """The folder with its weights split over three files."""
    tensors = load_file(folder / "model.safetensors")
    weight_map = {name: FILES[i % 3] for i, name in enumerate(sorted(tensors))}
    for file in FILES:
        save_file({name: tensors[name] for name in tensors if weight_map[name] == file}, folder / file)
    (folder / "model.safetensors").unlink()
    write_index(folder, weight_map)
    return folder


def write_index(folder, weight_map):
    index = {"metadata": {"total_size": 1}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def weight_map(folder):
    return json.loads((folder / "model.safetensors.index.json").read_text())["weight_map"]


def test_the_same_parameters_as_from_one_file(pretrained, sharded):
    jax.tree.map(np.testing.assert_array_equal, load_pretrained(sharded).params, dict(pretrained.params))


def test_missing_files_are_named(sharded):
    for file in FILES[:2]:
        (sharded / file).unlink()
    with pytest.raises(
        FileNotFoundError, match=rf"index\.json: names files that are not there: {FILES[0]}, {FILES[1]}"
    ):
        load_pretrained(sharded)


def test_a_truncated_file_is_refused(sharded):
    (sharded / FILES[1]).write_bytes((sharded / FILES[1]).read_bytes()[:-9])
    with pytest.raises(ValueError, match=rf"{FILES[1]}: not a whole safetensors file"):
        load_pretrained(sharded)


def test_an_index_that_is_not_true_is_refused(sharded):
    found = weight_map(sharded)
    write_index(sharded, found | {"lm_head.bias": FILES[(FILES.index(found["lm_head.bias"]) + 1) % 3]})
    with pytest.raises(ValueError, match=r"not true of model-.*(lm_head\.bias is missing|lm_head\.bias is more)"):
        load_pretrained(sharded)


def test_a_tensor_that_the_index_does_not_know_is_not_passed_over(sharded):
    tensors = load_file(sharded / FILES[2])
    save_file(tensors | {"esm.pooler.dense.bias": np.zeros(3, np.float32)}, sharded / FILES[2])
    with pytest.raises(ValueError, match=r"nothing is missing and esm\.pooler\.dense\.bias is more than it says"):
        load_pretrained(sharded)


def test_what_no_index_names_is_missing(sharded):
    found = weight_map(sharded)
    tensors = load_file(sharded / found["lm_head.bias"])
    del tensors["lm_head.bias"]
    save_file(tensors, sharded / found.pop("lm_head.bias"))
    write_index(sharded, found)
    with pytest.raises(ValueError, match=r"index\.json: the tensors are not those of .*missing: lm_head\.bias$"):
        load_pretrained(sharded)


@pytest.mark.parametrize(
    "file", ["../model.safetensors", "/etc/passwd", "", "..", "a\\b", "c:model", "deeper/model", 3]
)
def test_an_index_may_not_point_out_of_its_folder(sharded, file):
    write_index(sharded, weight_map(sharded) | {"lm_head.bias": file})
    with pytest.raises(ValueError, match=r"lm_head\.bias lies in .*, which is no name of a file in this folder"):
        load_pretrained(sharded)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a JSON file"),
        ("[]", "expected a JSON object, found list"),
        ("{}", "no weight_map"),
        ('{"weight_map": {}}', "no weight_map"),
        ('{"weight_map": [1]}', "no weight_map"),
    ],
)
def test_a_damaged_index_is_refused(sharded, text, message):
    (sharded / "model.safetensors.index.json").write_text(text)
    with pytest.raises(ValueError, match=rf"index\.json: {message}"):
        load_pretrained(sharded)
