import dataclasses
import hashlib
import json

import jax
import numpy as np
from agront_model import AgroNTConfig, load_pretrained, save_pretrained
from agront_model.pretrained.fingerprint import model_fingerprint


def test_it_is_what_the_docstring_says():
    config = AgroNTConfig(vocabulary_size=8, num_layers=1, embed_dim=2, num_heads=1, ffn_dim=4, max_tokens=3)
    params = {"b": {"w": np.float32([[1, 2], [3, 4]])}, "a": {"y": np.float32([0.5]), "x": np.float32([])}}

    def sha256(*floats):
        return hashlib.sha256(b"".join(np.float32(value).tobytes() for value in floats)).hexdigest()

    leaves = [
        ["a", "x", [0], sha256()],
        ["a", "y", [1], sha256(0.5)],
        ["b", "w", [2, 2], sha256(1, 2, 3, 4)],
    ]
    architecture = {
        "embed_dim": 2,
        "ffn_dim": 4,
        "layer_norm_eps": 1e-12,
        "mask_token_id": 2,
        "max_tokens": 3,
        "num_heads": 1,
        "num_layers": 1,
        "pad_token_id": 1,
        "vocabulary_size": 8,
    }
    text = json.dumps(["agront-model-1", architecture, leaves])
    assert model_fingerprint(params, config) == hashlib.sha256(text.encode()).hexdigest()


def test_it_is_the_same_after_saving_and_for_every_kind_of_array(pretrained, tmp_path):
    expected = model_fingerprint(pretrained.params, pretrained.config)
    save_pretrained(pretrained, tmp_path / "saved")
    loaded = load_pretrained(tmp_path / "saved")
    assert model_fingerprint(loaded.params, loaded.config) == expected
    as_numpy = jax.tree.map(np.asarray, dict(reversed(list(pretrained.params.items()))))
    assert model_fingerprint(as_numpy, pretrained.config) == expected
    in_fortran_order = jax.tree.map(np.asfortranarray, as_numpy)
    assert model_fingerprint(in_fortran_order, pretrained.config) == expected
    assert model_fingerprint(as_numpy, dataclasses.replace(pretrained.config, initializer_range=0.1)) == expected


def test_it_is_the_same_through_safetensors_and_through_a_torch_file(reference, torch_esm_tiny):
    found = [load_pretrained(folder) for folder in (reference / "esm_tiny", torch_esm_tiny)]
    first, second = (model_fingerprint(loaded.params, loaded.config) for loaded in found)
    assert first == second


def test_a_younger_setting_at_its_default_is_no_part_of_it(pretrained):
    """Fingerprints that are written in runs and cards stay valid when the config gets a field more."""
    younger = dataclasses.make_dataclass(
        "Younger", [("rotary", bool, False)], bases=(AgroNTConfig,), frozen=True, kw_only=True
    )
    values = dataclasses.asdict(pretrained.config)
    found = model_fingerprint(pretrained.params, pretrained.config)
    assert model_fingerprint(pretrained.params, younger(**values)) == found
    assert model_fingerprint(pretrained.params, younger(**values, rotary=True)) != found


def test_one_bit_or_one_setting_makes_it_another(pretrained):
    params, config = jax.tree.map(np.array, dict(pretrained.params)), pretrained.config
    found = {model_fingerprint(params, config)}
    for change in ({"layer_norm_eps": 1e-5}, {"pad_token_id": 0}, {"mask_token_id": 3}, {"num_heads": 3}):
        found.add(model_fingerprint(params, dataclasses.replace(config, **change)))
    params["agront/lm_head/norm"]["scale"].view(np.uint32)[7] ^= 1
    found.add(model_fingerprint(params, config))
    assert len(found) == 6
