import dataclasses

import pytest
from agront_model import AGRONT_1B, AgroNTConfig


def test_defaults_are_the_published_numbers():
    assert dataclasses.asdict(AGRONT_1B) == {
        "vocabulary_size": 4105,
        "num_layers": 40,
        "embed_dim": 1500,
        "num_heads": 20,
        "ffn_dim": 5120,
        "max_tokens": 1024,
        "pad_token_id": 1,
        "mask_token_id": 2,
        "layer_norm_eps": 1e-12,
        "initializer_range": 0.02,
    }
    assert AGRONT_1B.head_dim == 75
    assert AGRONT_1B.num_positions == 1026


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_layers": 0}, "num_layers must be at least 1, got 0"),
        ({"max_tokens": -3}, "max_tokens must be at least 1, got -3"),
        ({"embed_dim": 100, "num_heads": 24}, "num_heads must divide embed_dim: 100 / 24 leaves 4"),
        ({"vocabulary_size": 2}, r"mask_token_id must lie in \[0, vocabulary_size = 2\), got 2"),
        ({"pad_token_id": -1}, "pad_token_id must lie in"),
        ({"mask_token_id": 1}, "must differ, both are 1"),
        ({"layer_norm_eps": 0.0}, "layer_norm_eps must be positive and finite, got 0.0"),
        ({"layer_norm_eps": float("nan")}, "layer_norm_eps"),
        ({"initializer_range": -0.1}, "initializer_range must be finite and not negative, got -0.1"),
        ({"initializer_range": float("inf")}, "initializer_range"),
    ],
)
def test_numbers_that_make_no_model_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        AgroNTConfig(**change)


def test_is_frozen_and_takes_keywords_only():
    with pytest.raises(dataclasses.FrozenInstanceError):
        AGRONT_1B.num_layers = 2
    with pytest.raises(TypeError):
        AgroNTConfig(4105)
