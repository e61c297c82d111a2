"""What a row costs: FLOP and bytes of a training step, from the architecture alone.

The formulas follow what `attention`, `transformer` and `lm_head` compute, keep and compute again: who changes one of
them changes this. `tests/model/cost_test.py` compares both with what XLA counts and allocates.

T tokens a row, M masked positions, D model width, F hidden width of the feed-forward network, H heads, V vocabulary.
"""

import dataclasses
from typing import Literal

from agront_model.config import AgroNTConfig

Compute = Literal["float32", "bfloat16"]

_BYTES = {"float32": 4, "bfloat16": 2}


@dataclasses.dataclass(frozen=True, kw_only=True)
class RowFlops:
    """FLOP of one row in the matrix products, a multiply-add being two; the rest is a few percent and left out."""

    projections: int
    """Query, key, value and output of the attention of all layers."""
    attention: int
    """The products of queries with keys and of weights with values, over all heads and layers."""
    feed_forward: int
    """Both dense layers of the feed-forward networks."""
    lm_head: int
    """The dense layer and the decoder, at the masked positions only."""

    @property
    def total(self) -> int:
        """The sum of all parts."""
        return sum(dataclasses.astuple(self))


def forward_flops(config: AgroNTConfig, num_tokens: int, num_masked: int) -> RowFlops:
    """FLOP to encode a row of T tokens and to compute the logits at M positions of it."""
    T, M, D, L = num_tokens, num_masked, config.embed_dim, config.num_layers
    return RowFlops(
        projections=L * 4 * 2 * T * D * D,
        attention=L * 2 * 2 * T * T * D,
        feed_forward=L * 2 * 2 * T * D * config.ffn_dim,
        lm_head=2 * M * D * (D + config.vocabulary_size),
    )


def model_flops(config: AgroNTConfig, num_tokens: int, num_masked: int) -> RowFlops:
    """FLOP that a training step needs for a row: the forward pass, and twice as many for the gradients.

    Nothing computed again is counted: this is the number that utilisation is defined on (MFU; PaLM, arXiv 2204.02311,
    appendix B).
    """
    forward = forward_flops(config, num_tokens, num_masked)
    return RowFlops(**{part: 3 * flops for part, flops in dataclasses.asdict(forward).items()})


def hardware_flops(config: AgroNTConfig, num_tokens: int, num_masked: int, *, remat: bool) -> RowFlops:
    """FLOP that a training step really makes for a row: `model_flops` and what is computed again.

    Always again: the products of queries with keys. With `remat` also all of a layer but its last product, whose result
    no gradient needs.
    """
    T, D, L = num_tokens, config.embed_dim, config.num_layers
    forward, needed = forward_flops(config, T, num_masked), model_flops(config, T, num_masked)
    scores = L * 2 * T * T * D
    return RowFlops(
        projections=needed.projections + (forward.projections if remat else 0),
        attention=needed.attention + scores + (forward.attention if remat else 0),
        feed_forward=needed.feed_forward + (forward.feed_forward // 2 if remat else 0),
        lm_head=needed.lm_head,
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class RowBytes:
    """Bytes that one row takes on a device during a training step, beside parameters, gradients and optimizer."""

    layers: int
    """What all layers keep for the backward pass: with remat their inputs only."""
    one_layer: int
    """What comes beside it while one layer is differentiated: its arrays computed or copied again, and gradients."""
    logits: int
    """Logits at the masked positions and their gradient, float32."""

    @property
    def transient(self) -> int:
        """The larger of `one_layer` and `logits`: these are gone before the layers are differentiated."""
        return max(self.one_layer, self.logits)

    @property
    def total(self) -> int:
        """The most that is held at any time."""
        return self.layers + self.transient


def row_bytes(
    config: AgroNTConfig,
    num_tokens: int,
    num_masked: int,
    *,
    compute: Compute = "float32",
    remat: bool,
    whole_attention: bool = True,
) -> RowBytes:
    """Bytes of a row's activations and logits.

    Args:
        config: the architecture.
        num_tokens: T.
        num_masked: M.
        compute: number format of the matrix products, of which the arrays between them are too.
        remat: whether layers are computed again in the backward pass.
        whole_attention: whether the scores of all heads [H, T, T] stand in memory at once, as on a GPU or TPU. On a CPU
            rows of 128 tokens and more go head by head, and the scores of one are too few to count.
    """
    T, D, F, H = num_tokens, config.embed_dim, config.ffn_dim, config.num_heads
    item = _BYTES[compute]
    vector, hidden = T * D * 4, T * F * item
    attention = 4 * T * D * item  # query, key, value and the mixed values
    if remat:
        layers = vector
    else:
        # Also the residual stream before the second branch, the hidden layer before its GELU, the softmax's statistics.
        layers = 2 * vector + attention + hidden + (0 if whole_attention else 2 * H * T * 4)
    # Computed again: of each norm the centred input twice, the scaled root of the variance and the output; the hidden
    # layer's GELU; the weights. To these come gradients: of hidden layer, weights, scores and residual stream.
    # The second branch is differentiated before the first, so GELU and weights do not stand there at once.
    norms = 2 * (3 * vector + T * D * item)
    scores = 3 * H * T * T * 4 if whole_attention else 0
    one_layer = norms + hidden + max(2 * hidden, scores) + 3 * vector + (attention if remat else 0)
    return RowBytes(
        layers=config.num_layers * layers,
        one_layer=one_layer,
        logits=2 * num_masked * config.vocabulary_size * 4,
    )


def weight_copy_bytes(config: AgroNTConfig, compute: Compute) -> int:
    """Bytes of the layers' weights in the format of the matrix products; 0 for float32, in which they are stored.

    XLA converts the stacked weights of all layers once, outside the loop over layers.
    """
    if compute == "float32":
        return 0
    D, F = config.embed_dim, config.ffn_dim
    return _BYTES[compute] * config.num_layers * (4 * D * D + 2 * D * F)
