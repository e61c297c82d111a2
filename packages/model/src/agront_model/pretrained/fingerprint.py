"""One name for a model as a function: its weights and all of its config that changes what it computes."""

import dataclasses
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from jaxtyping import Array

from agront_model.agront import Params
from agront_model.config import AgroNTConfig

_VERSION = "agront-model-1"
# The settings of that version are always part of it, later ones only where they are not at their default: a setting
# that did not exist when a fingerprint was made had its default.
_FIRST_SETTINGS = frozenset(
    (
        *("vocabulary_size", "num_layers", "embed_dim", "num_heads", "ffn_dim", "max_tokens"),
        *("pad_token_id", "mask_token_id", "layer_norm_eps"),
    )
)
_NOT_USED = frozenset({"initializer_range"})


def model_fingerprint(params: Params, config: AgroNTConfig) -> str:
    """SHA-256 over a model's architecture and weights, whatever file they came through.

    It is that of a JSON text: a version, the config without `initializer_range` (which a trained model does not use)
    and without settings younger than the version that are at their default, and module, name, shape and SHA-256 of each
    parameter's bytes in float32, little-endian, sorted by module and name.
    Equal weights with another `layer_norm_eps` compute something else, and have another fingerprint.

    Args:
        params: {module: {name: array}}, NumPy or JAX.
        config: the architecture they belong to.

    Returns:
        64 hexadecimal digits.
    """
    leaves = [(module, name, leaf) for module, named in sorted(params.items()) for name, leaf in sorted(named.items())]

    def digest(leaf: Array | np.ndarray) -> str:
        return hashlib.sha256(np.ascontiguousarray(leaf, "<f4").data).hexdigest()

    # Hashing leaves the interpreter to other threads.
    with ThreadPoolExecutor() as threads:
        digests = threads.map(digest, [leaf for _, _, leaf in leaves])
        described = [
            [module, name, list(np.shape(leaf)), sha256]
            for (module, name, leaf), sha256 in zip(leaves, digests, strict=True)
        ]
    architecture = {
        field.name: getattr(config, field.name)
        for field in dataclasses.fields(config)
        if field.name in _FIRST_SETTINGS
        or (field.name not in _NOT_USED and getattr(config, field.name) != field.default)
    }
    return hashlib.sha256(json.dumps([_VERSION, architecture, described], sort_keys=True).encode()).hexdigest()
