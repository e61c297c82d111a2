"""The masked-language-model head."""

import haiku as hk
import jmp
from jaxtyping import Array, Float

from agront_model.config import AgroNTConfig
from agront_model.dense import Dense
from agront_model.transformer import gelu, layer_norm


class LMHead(hk.Module):
    """Dense layer, GELU, layer norm, and a decoder of its own (not the transposed token embedding), as in ESM."""

    def __init__(self, config: AgroNTConfig, name: str = "lm_head"):
        super().__init__(name=name)
        self._config = config

    def __call__(self, embeddings: Float[Array, "... D"]) -> Float[Array, "... V"]:
        """Logits over the vocabulary, in float32.

        Raises:
            ValueError: the last axis is not the model's width.
        """
        config = self._config
        *leading, width = embeddings.shape
        if width != config.embed_dim:
            raise ValueError(f"embeddings are {width} wide, the model is {config.embed_dim} wide")
        x = embeddings.reshape(-1, width)
        x = layer_norm(config, "norm")(gelu(Dense(width, config, "dense")(x)))
        # Logits rounded to bfloat16 would tie, and the decoder is 0.6 % of the 1B model: float32 costs little here.
        with hk.mixed_precision.push_policy(Dense, jmp.get_policy("float32")):
            logits = Dense(config.vocabulary_size, config, "decoder")(x)
        return logits.reshape(*leading, config.vocabulary_size)
