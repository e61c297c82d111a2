import json

import pytest
from agront_model import AGRONT_1B, AgroNTConfig
from agront_model.pretrained.authors_config import read_hyperparams

VALUES = {
    "k_for_kmers": 6,
    "max_positions": 1024,
    "embed_scale": 1.0,
    "emb_layer_norm_before": False,
    "attention_heads": 20,
    "embed_dim": 1500,
    "ffn_embed_dim": 5120,
    "num_layers": 40,
    "token_dropout": False,
    "masking_ratio": 0.15,
    "masking_prob": 0.8,
}


def written(tmp_path, **changes):
    path = tmp_path / "hyperparams.json"
    path.write_text(json.dumps({key: value for key, value in (VALUES | changes).items() if value != "absent"}))
    return path


def test_the_published_architecture_is_the_default_but_for_eps(tmp_path):
    config = read_hyperparams(written(tmp_path))
    assert config.layer_norm_eps == 1e-5
    assert config == AgroNTConfig(layer_norm_eps=1e-5)
    assert config.num_positions == AGRONT_1B.num_positions == 1026


def test_every_number_is_read(tmp_path):
    path = written(
        tmp_path, k_for_kmers=3, max_positions=77, attention_heads=3, embed_dim=12, ffn_embed_dim=9, num_layers=2
    )
    assert read_hyperparams(path) == AgroNTConfig(
        vocabulary_size=4 + 64 + 5,
        max_tokens=77,
        num_heads=3,
        embed_dim=12,
        ffn_dim=9,
        num_layers=2,
        layer_norm_eps=1e-5,
    )


def test_keys_that_say_what_is_so_anyway_are_accepted(tmp_path):
    path = written(
        tmp_path,
        key_dim=75,
        add_bias_ffn=True,
        add_bias_kv=False,
        use_glu_in_ffn=False,
        use_rotary_embedding=False,
        positional_embedding="learned",
        ffn_activation_name="gelu-no-approx",
        masking_ratio="absent",
    )
    assert read_hyperparams(path) == AgroNTConfig(layer_norm_eps=1e-5)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("token_dropout", True, "token_dropout is True, and AgroNT has False: another architecture"),
        ("embed_scale", 0.5, "embed_scale is 0.5, and AgroNT has 1.0"),
        ("emb_layer_norm_before", True, "emb_layer_norm_before is True"),
        ("use_rotary_embedding", True, "use_rotary_embedding is True"),
        ("positional_embedding", None, "positional_embedding is None, and AgroNT has 'learned'"),
        ("use_glu_in_ffn", True, "use_glu_in_ffn is True"),
        ("ffn_activation_name", "swish", "ffn_activation_name is 'swish', and AgroNT has 'gelu-no-approx'"),
        ("add_bias_ffn", False, "add_bias_ffn is False"),
        ("key_dim", 64, "key_dim is 64, and AgroNT's heads are .* 75 wide"),
        ("num_hidden_state_probes", 3, "num_hidden_state_probes is 3: of no meaning to AgroNT"),
        ("num_layers", "absent", "num_layers is 'absent', expected int"),
        ("num_layers", "40", "num_layers is '40', expected int"),
        ("k_for_kmers", True, "k_for_kmers is True, expected int"),
        ("k_for_kmers", 60, "k_for_kmers is 60, expected 1 to 10"),
        ("attention_heads", 7, "num_heads must divide embed_dim"),
        ("max_positions", 0, "max_tokens must be at least 1, got 0"),
    ],
)
def test_another_architecture_is_refused_by_name(tmp_path, key, value, message):
    path = written(tmp_path, **{key: value})
    with pytest.raises(ValueError, match=message) as caught:
        read_hyperparams(path)
    assert str(path) in str(caught.value)
