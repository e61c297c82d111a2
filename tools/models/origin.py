"""Where numbers come from: model, versions and command, for the output that holds them."""

import importlib.metadata
import sys
from typing import Any

from agront_model import Pretrained
from agront_model.pretrained import model_fingerprint
from agront_tokenizer import Vocabulary
from terminal import shell_command

_DISTRIBUTIONS = ("agront-tokenizer", "agront-data", "agront-model", "jax", "jaxlib", "numpy")


def origin_of(pretrained: Pretrained, vocabulary: Vocabulary) -> dict[str, Any]:
    """Describe a model and this process, JSON-able."""
    config = pretrained.config
    return {
        "model": pretrained.name,
        "model_fingerprint": model_fingerprint(pretrained.params, config),
        "layer_norm_eps": config.layer_norm_eps,
        "max_tokens": config.max_tokens,
        "vocabulary_fingerprint": vocabulary.fingerprint,
        "versions": {name: importlib.metadata.version(name) for name in _DISTRIBUTIONS},
        "command": shell_command(sys.argv[0], *sys.argv[1:]),
    }
