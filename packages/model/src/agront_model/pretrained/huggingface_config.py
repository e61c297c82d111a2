"""`config.json` as Hugging Face's `transformers` writes it for ESM models, and what of it this model can be."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from agront_model.config import AgroNTConfig
from agront_model.pretrained.json_file import read_json_object

_NAMES = {
    "vocab_size": "vocabulary_size",
    "num_hidden_layers": "num_layers",
    "hidden_size": "embed_dim",
    "num_attention_heads": "num_heads",
    "intermediate_size": "ffn_dim",
    "pad_token_id": "pad_token_id",
    "mask_token_id": "mask_token_id",
    "layer_norm_eps": "layer_norm_eps",
    "initializer_range": "initializer_range",
}
# `transformers` leaves out what has its default value: these are EsmConfig's.
_DEFAULTS: dict[str, Any] = {"layer_norm_eps": 1e-12, "initializer_range": 0.02, "max_position_embeddings": 1026}
# What this architecture fixes and `write_config` states: the value it has, and what an absent key means to EsmConfig.
_FIXED: dict[str, tuple[Any, Any]] = {
    "model_type": ("esm", None),
    "position_embedding_type": ("absolute", "absolute"),
    "token_dropout": (False, False),
    "tie_word_embeddings": (False, True),
    "emb_layer_norm_before": (False, False),
    "is_folding_model": (False, False),
}
# The same of what it need not state; the last three are of models of their own code, such as Nucleotide Transformer 2.
_FIXED_UNSAID: dict[str, tuple[Any, Any]] = {
    "is_decoder": (False, False),
    "add_cross_attention": (False, False),
    "hidden_act": ("gelu", "gelu"),
    "use_glu": (False, False),
    "add_bias_fnn": (True, True),
}
_DROPOUT = ("hidden_dropout_prob", "attention_probs_dropout_prob")


def read_config(path: Path) -> AgroNTConfig:
    """Reads a `config.json`.

    Every probability of dropout is accepted: there is none at inference, and this package trains without.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no JSON object, another architecture, or a number missing or out of range; the message names the
            file, the key and the value.
    """
    values = read_json_object(path)
    for key, (needed, if_absent) in (_FIXED | _FIXED_UNSAID).items():
        found = values.get(key, if_absent)
        # null stands for "no" in emb_layer_norm_before of files that `transformers` wrote.
        if found != needed and not (found is None and needed is False):
            stated = repr(found) if key in values else f"absent, which means {found!r}"
            raise ValueError(
                f"{path}: {key} is {stated}, and AgroNT has {needed!r}: another architecture, not read here"
            )
    for key in _DROPOUT:
        found = values.get(key, 0.1)
        if type(found) not in (int, float) or not 0 <= found < 1:
            raise ValueError(f"{path}: {key} is {found!r}, expected a probability in [0, 1)")
    values = _DEFAULTS | values
    if values.get("mask_token_id") is None:
        values["mask_token_id"] = AgroNTConfig.mask_token_id
    missing = [key for key in _NAMES if values.get(key) is None]
    if missing:
        raise ValueError(f"{path}: no value for {', '.join(missing)}")
    for key in [*_NAMES, "max_position_embeddings"]:
        kinds = (int, float) if key in ("layer_norm_eps", "initializer_range") else (int,)
        if type(values[key]) not in kinds:
            raise ValueError(
                f"{path}: {key} is {values[key]!r}, expected {' or '.join(kind.__name__ for kind in kinds)}"
            )
    # The first pad_token_id + 1 rows of the position table belong to no token.
    max_tokens = values["max_position_embeddings"] - values["pad_token_id"] - 1
    try:
        return AgroNTConfig(max_tokens=max_tokens, **{ours: values[key] for key, ours in _NAMES.items()})
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def write_config(config: AgroNTConfig, path: Path) -> None:
    """Writes the `config.json` that `read_config` and `transformers`' `EsmForMaskedLM` read.

    Raises:
        ValueError: a setting has no key there and is not at its default: the file would describe another model.
    """
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if field.name not in {*_NAMES.values(), "max_tokens"} and value != field.default:
            raise ValueError(f"{path}: {field.name} is {value!r}, which Hugging Face's format cannot say")
    values: dict[str, Any] = {key: needed for key, (needed, _) in _FIXED.items()}
    values |= dict.fromkeys(_DROPOUT, 0.0)
    values |= {key: getattr(config, ours) for key, ours in _NAMES.items()}
    values |= {
        "architectures": ["EsmForMaskedLM"],
        "esmfold_config": None,
        "max_position_embeddings": config.num_positions,
        "torch_dtype": "float32",
        "use_cache": False,
        "vocab_list": None,
    }
    path.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")
