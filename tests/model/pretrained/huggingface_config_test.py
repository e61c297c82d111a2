import dataclasses
import json

import pytest
from agront_model import AGRONT_1B, AgroNTConfig
from agront_model.pretrained.huggingface_config import read_config, write_config

VALUES = {
    "model_type": "esm",
    "vocab_size": 40,
    "num_hidden_layers": 3,
    "hidden_size": 30,
    "num_attention_heads": 2,
    "intermediate_size": 44,
    "max_position_embeddings": 26,
    "pad_token_id": 1,
    "mask_token_id": 2,
    "layer_norm_eps": 1e-5,
    "initializer_range": 0.03,
    "tie_word_embeddings": False,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}
CONFIG = AgroNTConfig(
    vocabulary_size=40,
    num_layers=3,
    embed_dim=30,
    num_heads=2,
    ffn_dim=44,
    max_tokens=24,
    layer_norm_eps=1e-5,
    initializer_range=0.03,
)


def written(tmp_path, **changes):
    path = tmp_path / "config.json"
    values = {key: value for key, value in (VALUES | changes).items() if value != "absent"}
    path.write_text(json.dumps(values))
    return path


def test_every_number_is_read(tmp_path):
    assert read_config(written(tmp_path)) == CONFIG


def test_the_published_file_is_the_default_model(reference, tmp_path):
    assert read_config(reference / "config.json") == AGRONT_1B
    write_config(AGRONT_1B, tmp_path / "config.json")
    published = json.loads((reference / "config.json").read_text())
    del published["transformers_version"]
    assert json.loads((tmp_path / "config.json").read_text()) == published


def test_what_is_written_is_read_again(tmp_path):
    config = AgroNTConfig(num_layers=2, embed_dim=45, num_heads=3, max_tokens=99, pad_token_id=3, layer_norm_eps=1e-7)
    write_config(config, tmp_path / "config.json")
    assert read_config(tmp_path / "config.json") == config


def test_absent_and_null_keys_mean_what_they_mean_to_transformers(tmp_path):
    path = written(
        tmp_path,
        hidden_dropout_prob="absent",
        layer_norm_eps="absent",
        initializer_range="absent",
        mask_token_id=None,
        emb_layer_norm_before=None,
    )
    config = read_config(path)
    assert (config.layer_norm_eps, config.initializer_range, config.mask_token_id) == (1e-12, 0.02, 2)


@pytest.mark.parametrize("probability", [0, 0.0, 0.1, 0.999, "absent"])
def test_dropout_which_does_nothing_here_is_accepted(tmp_path, probability):
    path = written(tmp_path, hidden_dropout_prob=probability, attention_probs_dropout_prob=probability)
    assert read_config(path) == CONFIG


def test_keys_that_say_what_is_so_anyway_are_accepted(tmp_path):
    assert read_config(written(tmp_path, hidden_act="gelu", use_glu=False, add_bias_fnn=True)) == CONFIG


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("model_type", "bert", "model_type is 'bert', and AgroNT has 'esm'"),
        ("position_embedding_type", "rotary", "position_embedding_type is 'rotary', and AgroNT has 'absolute'"),
        ("token_dropout", True, "token_dropout is True"),
        ("tie_word_embeddings", True, "tie_word_embeddings is True"),
        ("tie_word_embeddings", "absent", "tie_word_embeddings is absent, which means True"),
        ("emb_layer_norm_before", True, "emb_layer_norm_before is True"),
        ("is_folding_model", True, "is_folding_model is True"),
        ("is_decoder", True, "is_decoder is True"),
        ("hidden_act", "relu", "hidden_act is 'relu', and AgroNT has 'gelu'"),
        ("use_glu", True, "use_glu is True, and AgroNT has False"),
        ("add_bias_fnn", False, "add_bias_fnn is False, and AgroNT has True"),
        ("hidden_dropout_prob", 1.0, r"hidden_dropout_prob is 1.0, expected a probability in \[0, 1\)"),
        ("hidden_dropout_prob", -0.1, "hidden_dropout_prob is -0.1, expected a probability"),
        ("attention_probs_dropout_prob", "0.1", "attention_probs_dropout_prob is '0.1', expected a probability"),
        ("attention_probs_dropout_prob", float("nan"), "attention_probs_dropout_prob is nan, expected a probability"),
        ("hidden_size", "absent", "no value for hidden_size"),
        ("pad_token_id", None, "no value for pad_token_id"),
        ("num_hidden_layers", "3", "num_hidden_layers is '3', expected int"),
        ("num_hidden_layers", 2.5, "num_hidden_layers is 2.5, expected int"),
        ("layer_norm_eps", True, "layer_norm_eps is True, expected int or float"),
        ("num_attention_heads", 4, "num_heads must divide embed_dim"),
        ("vocab_size", 10**25, "vocabulary_size must be below 2,147,483,648, got 10,000,"),
        ("max_position_embeddings", 2**31 + 2, "max_tokens must be below 2,147,483,648, got 2,147,483,648"),
        ("max_position_embeddings", 2, "max_tokens must be at least 1, got 0"),
    ],
)
def test_another_architecture_is_refused_by_name(tmp_path, key, value, message):
    path = written(tmp_path, **{key: value})
    with pytest.raises(ValueError, match=message) as caught:
        read_config(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not a JSON file"),
        ("[1]", "expected a JSON object, found list"),
        ("[" * 100_000, r"not a JSON file \(maximum recursion depth"),
    ],
    ids=["half", "list", "deep"],
)
def test_damaged_files_are_refused(tmp_path, text, message):
    path = tmp_path / "config.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_config(path)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"config\.json: no such file"):
        read_config(tmp_path / "config.json")


def test_a_setting_that_the_format_cannot_say_is_not_lost_in_silence(tmp_path):
    """As a new field of the config would be, until it has a key here."""
    fields = [("positions", str, "learned")]
    newer = dataclasses.make_dataclass("Newer", fields, bases=(AgroNTConfig,), frozen=True, kw_only=True)
    write_config(newer(), tmp_path / "config.json")
    assert read_config(tmp_path / "config.json") == AGRONT_1B
    with pytest.raises(ValueError, match=r"other.json: positions is 'rotary', which Hugging Face's format cannot say"):
        write_config(newer(positions="rotary"), tmp_path / "other.json")
    assert not (tmp_path / "other.json").exists()
