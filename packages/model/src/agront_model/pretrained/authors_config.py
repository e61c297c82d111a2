"""`hyperparams.json` as the authors' JAX code reads it, and what of it this model can be.

Keys and defaults: `get_pretrained_model` of https://github.com/instadeepai/nucleotide-transformer.
"""

from pathlib import Path
from typing import Any

from agront_model.config import AgroNTConfig
from agront_model.pretrained.json_file import read_json_object

LAYER_NORM_EPS = 1e-5
"""What the authors' JAX code adds to the variance in every layer norm; no key says it."""

_NAMES = {
    "max_positions": "max_tokens",
    "attention_heads": "num_heads",
    "embed_dim": "embed_dim",
    "ffn_embed_dim": "ffn_dim",
    "num_layers": "num_layers",
}
# What this architecture fixes, which is also what an absent key means.
_FIXED: dict[str, Any] = {
    "embed_scale": 1.0,
    "emb_layer_norm_before": False,
    "token_dropout": False,
    "positional_embedding": "learned",
    "use_rotary_embedding": False,
    "add_bias_kv": False,
    "add_bias_ffn": True,
    "use_glu_in_ffn": False,
    "ffn_activation_name": "gelu-no-approx",
}
# Of no effect: their code uses the two only where token_dropout is true.
_WITHOUT_EFFECT = {"masking_ratio", "masking_prob"}


def read_hyperparams(path: Path) -> AgroNTConfig:
    """Reads a `hyperparams.json`.

    The vocabulary has 4 special tokens, all k-mers of the four letters, and A, T, C, G and N.

    Raises:
        FileNotFoundError: no such file.
        ValueError: no JSON object, another architecture, a key that nothing is known of, or a number missing or out of
            range; the message names the file, the key and the value.
    """
    values = read_json_object(path)
    unknown = values.keys() - {*_NAMES, *_FIXED, *_WITHOUT_EFFECT, "k_for_kmers", "key_dim"}
    if unknown:
        stated = ", ".join(f"{key} is {values[key]!r}" for key in sorted(unknown))
        raise ValueError(f"{path}: {stated}: of no meaning to AgroNT, perhaps another architecture, not read here")
    for key, needed in _FIXED.items():
        found = values.get(key, needed)
        if found != needed:
            raise ValueError(f"{path}: {key} is {found!r}, and AgroNT has {needed!r}: another architecture")
    for key in [*_NAMES, "k_for_kmers"]:
        if type(values.get(key)) is not int:
            raise ValueError(f"{path}: {key} is {values.get(key, 'absent')!r}, expected int")
    k = values["k_for_kmers"]
    if not 1 <= k <= 10:
        raise ValueError(f"{path}: k_for_kmers is {k}, expected 1 to 10; AgroNT has 6")
    try:
        config = AgroNTConfig(
            vocabulary_size=4 + 4**k + 5,
            layer_norm_eps=LAYER_NORM_EPS,
            **{ours: values[key] for key, ours in _NAMES.items()},
        )
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error
    if values.get("key_dim") not in (None, config.head_dim):
        raise ValueError(
            f"{path}: key_dim is {values['key_dim']!r}, and AgroNT's heads are embed_dim / attention_heads = "
            f"{config.head_dim} wide: another architecture"
        )
    return config
