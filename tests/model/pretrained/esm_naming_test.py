"""Weights that tools have named otherwise, and models of which only the encoder is of use."""

import jax
import numpy as np
import pytest
from agront_model import load_pretrained, save_pretrained
from agront_model.inference import MaskedPredictor, embed
from safetensors.numpy import load_file, save_file

ROWS = [np.array([3, 5, 6, 7])]


@pytest.fixture
def rewrite(folder):
    """Write the tensors of the folder anew, as a function makes them of the old ones."""

    def write(change):
        tensors = change(load_file(folder / "model.safetensors"))
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return folder

    return write


def headless(tensors):
    return {name: tensor for name, tensor in tensors.items() if not name.startswith("lm_head.")}


def encoder_alone(tensors):
    return {name.removeprefix("esm."): tensor for name, tensor in headless(tensors).items()}


def prefixed(prefix, tensors):
    return {prefix + name: tensor for name, tensor in tensors.items()}


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "model.", "_orig_mod.module."])
def test_what_is_before_all_names_is_left_out_and_said(pretrained, rewrite, prefix):
    loaded = load_pretrained(rewrite(lambda tensors: prefixed(prefix, tensors)))
    jax.tree.map(np.testing.assert_array_equal, loaded.params, dict(pretrained.params))
    assert loaded.has_lm_head
    assert loaded.source.notes == (f"the names of all tensors begin with '{prefix}': read without it",)


def test_what_is_before_some_names_only_is_refused_by_name(rewrite):
    folder = rewrite(lambda tensors: prefixed("module.", tensors) | {"lm_head.bias": np.zeros(40, np.float32)})
    with pytest.raises(ValueError, match=r"unexpected: lm_head\.bias$"):
        load_pretrained(folder)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        (headless, {}),
        (headless, {"classifier.weight": (2, 30), "classifier.bias": (2,)}),
        (headless, {"classifier.dense.weight": (30, 30), "classifier.out_proj.weight": (2, 30)}),
        (encoder_alone, {}),
        (encoder_alone, {"pooler.dense.weight": (30, 30), "pooler.dense.bias": (30,)}),
        (lambda tensors: prefixed("module.", headless(tensors)), {"module.classifier.out_proj.bias": (2,)}),
        (lambda tensors: prefixed("module.", encoder_alone(tensors)), {}),
    ],
)
def test_encoders_and_classifiers_embed_as_the_whole_model_does(pretrained, rewrite, kind, more):
    zeros = {name: np.zeros(shape, np.float32) for name, shape in more.items()}
    loaded = load_pretrained(rewrite(lambda tensors: kind(tensors) | zeros))
    expected = {module: leaves for module, leaves in pretrained.params.items() if "lm_head" not in module}
    jax.tree.map(np.testing.assert_array_equal, loaded.params, expected)
    np.testing.assert_array_equal(embed(loaded, ROWS).vectors, embed(pretrained, ROWS).vectors)
    assert not loaded.has_lm_head
    assert "an encoder without masked-language-model head" in loaded.source.notes[-1]
    assert all(name in loaded.source.notes[-1] for name in more)


def test_where_the_head_is_needed_a_sentence_says_so(rewrite, tmp_path):
    loaded = load_pretrained(rewrite(headless))
    with pytest.raises(ValueError, match=r"saved: has no masked-language-model head \(lm_head\), which predictions"):
        MaskedPredictor(loaded)
    with pytest.raises(ValueError, match="has no masked-language-model head"):
        save_pretrained(loaded, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_head_of_which_something_is_missing_is_no_encoder_alone(rewrite):
    folder = rewrite(lambda tensors: headless(tensors) | {"lm_head.bias": tensors["lm_head.bias"]})
    with pytest.raises(ValueError, match=r"missing: lm_head\.decoder\.weight, lm_head\.dense\.bias, "):
        load_pretrained(folder)


@pytest.mark.parametrize("name", ["score.weight", "esm.encoder.layer.0.attention.self.query.lora_A.weight"])
def test_what_is_of_another_architecture_is_refused_by_name(rewrite, name):
    folder = rewrite(lambda tensors: headless(tensors) | {name: np.zeros((2, 30), np.float32)})
    with pytest.raises(ValueError, match=f"unexpected: {name}$"):
        load_pretrained(folder)


def test_an_encoder_within_another_encoder_is_not_guessed_at(rewrite):
    folder = rewrite(lambda tensors: prefixed("student.", tensors) | prefixed("teacher.", tensors))
    with pytest.raises(ValueError, match=r"missing: esm\.embeddings.*unexpected: student\."):
        load_pretrained(folder)
