"""What a model is: its architectural numbers, checked when they are written down."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True, kw_only=True)
class AgroNTConfig:
    """Architecture of an AgroNT encoder with its masked-language-model head.

    The defaults are the published one-billion-parameter model
    (https://huggingface.co/InstaDeepAI/agro-nucleotide-transformer-1b, `config.json`). What is asked of a model (hidden
    states, attention maps, number format) is no part of this.

    Raises:
        ValueError: a number is out of range, or two of them do not fit together; the message names both.
    """

    vocabulary_size: int = 4105
    """Rows of the token embedding and width of the logits: 4 special tokens, 4,096 6-mers, A, T, C, G and N."""
    num_layers: int = 40
    """Transformer layers."""
    embed_dim: int = 1500
    """Width of the residual stream; a multiple of the number of heads."""
    num_heads: int = 20
    """Attention heads; each is embed_dim / num_heads wide (75 in the published model)."""
    ffn_dim: int = 5120
    """Hidden width of the feed-forward network."""
    max_tokens: int = 1024
    """Longest sequence in tokens, `<cls>` included. The position table has max_tokens + pad_token_id + 1 rows: 1026."""
    pad_token_id: int = 1
    """Token id of `<pad>`; also the position given to padding."""
    mask_token_id: int = 2
    """Token id of `<mask>`."""
    layer_norm_eps: float = 1e-12
    """Added to the variance in every layer norm. 1e-12 in the published PyTorch file, 1e-5 in the authors' JAX code."""
    initializer_range: float = 0.02
    """Standard deviation of the normal distribution that initial weights are drawn from; biases start at zero."""

    def __post_init__(self) -> None:
        for name in ("vocabulary_size", "num_layers", "embed_dim", "num_heads", "ffn_dim", "max_tokens"):
            value = getattr(self, name)
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
            if value >= 2**31:  # token ids and positions are int32
                raise ValueError(f"{name} must be below 2,147,483,648, got {value:,}")
        if self.embed_dim % self.num_heads:
            raise ValueError(
                f"num_heads must divide embed_dim: {self.embed_dim} / {self.num_heads} leaves "
                f"{self.embed_dim % self.num_heads}"
            )
        for name in ("pad_token_id", "mask_token_id"):
            value = getattr(self, name)
            if not 0 <= value < self.vocabulary_size:
                raise ValueError(f"{name} must lie in [0, vocabulary_size = {self.vocabulary_size}), got {value}")
        if self.pad_token_id == self.mask_token_id:
            raise ValueError(f"pad_token_id and mask_token_id must differ, both are {self.pad_token_id}")
        if not (math.isfinite(self.layer_norm_eps) and self.layer_norm_eps > 0):
            raise ValueError(f"layer_norm_eps must be positive and finite, got {self.layer_norm_eps}")
        if not (math.isfinite(self.initializer_range) and self.initializer_range >= 0):
            raise ValueError(f"initializer_range must be finite and not negative, got {self.initializer_range}")

    @property
    def head_dim(self) -> int:
        """Width of one attention head."""
        return self.embed_dim // self.num_heads

    @property
    def num_positions(self) -> int:
        """Rows of the position table."""
        return self.max_tokens + self.pad_token_id + 1


AGRONT_1B = AgroNTConfig()
"""The published model: 40 layers, 1500 wide, 991,260,405 parameters."""
