"""What a row costs: FLOP and bytes of a training step, from the architecture alone.

The formulas follow what `attention`, `transformer` and `lm_head` compute, keep and compute again: who changes one of
them changes this. `tests/model/cost_test.py` compares both with what XLA counts and allocates.

T tokens a row, M masked positions, D model width, F hidden width of the feed-forward network, H heads, V vocabulary.
"""

import dataclasses
from typing import Literal

from agront_model.attention import AttentionWay, padded_width
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


def hardware_flops(
    config: AgroNTConfig, num_tokens: int, num_masked: int, *, remat: bool, attention: AttentionWay = "all heads"
) -> RowFlops:
    """FLOP that a training step really makes for a row: `model_flops`, what is computed again, and padded heads.

    Always again: the products of queries with keys. With `remat` also all of a layer but its last product, whose result
    no gradient needs. Kernels for accelerators pad the width of the heads; `attention`: see `attention_way`.
    """
    T, D, L = num_tokens, config.embed_dim, config.num_layers
    forward, needed = forward_flops(config, T, num_masked), model_flops(config, T, num_masked)
    scores = L * 2 * T * T * D
    padding = padded_width(config.head_dim, attention) / config.head_dim
    return RowFlops(
        projections=round(padding * (needed.projections + (forward.projections if remat else 0))),
        attention=round(padding * (needed.attention + scores + (forward.attention if remat else 0))),
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
    attention: AttentionWay = "all heads",
) -> RowBytes:
    """Bytes of a row's activations and logits.

    Args:
        config: the architecture.
        num_tokens: T.
        num_masked: M.
        compute: number format of the matrix products, of which the arrays between them are too.
        remat: whether layers are computed again in the backward pass.
        attention: see `attention_way`. Of all heads at once, the scores [H, T, T] stand in memory; elsewhere those of a
            block or a head, too few to count.
    """
    T, D, F, H = num_tokens, config.embed_dim, config.ffn_dim, config.num_heads
    item = _BYTES[compute]
    vector, hidden = T * D * 4, T * F * item
    heads = 4 * T * H * padded_width(config.head_dim, attention) * item  # query, key, value and the mixed values
    statistics = {"all heads": 0, "head by head": 2}.get(attention, 1) * H * T * 4  # of the softmax
    if remat:
        layers = vector
    else:
        # Also the residual stream before the second branch, the hidden layer before its GELU, the softmax's statistics.
        layers = 2 * vector + heads + hidden + statistics
    # Computed again: of each norm the centred input twice, the scaled root of the variance and the output; the hidden
    # layer's GELU; the weights. To these come gradients: of hidden layer, weights, scores and residual stream.
    # The second branch is differentiated before the first, so GELU and weights do not stand there at once.
    norms = 2 * (3 * vector + T * D * item)
    scores = 3 * H * T * T * 4 if attention == "all heads" else 0
    one_layer = norms + hidden + max(2 * hidden, scores) + 3 * vector + (heads if remat else 0)
    return RowBytes(
        layers=config.num_layers * layers,
        one_layer=one_layer,
        logits=2 * num_masked * config.vocabulary_size * 4,
    )


def row_traffic(
    config: AgroNTConfig, num_tokens: int, *, compute: Compute, remat: bool, attention: AttentionWay
) -> int:
    """About how many bytes a training step moves to and from memory for a row.

    The forward pass of a layer reads the residual stream three times and writes it once, for the attention and for the
    feed-forward network each. It writes each array between its products once and reads it once for each product. The
    backward pass moves about two and a half times as much; with remat half of that, since what is made again need not
    be read. Both factors are those with which the compiler for TPUs agrees (speed/tpu_compile.py: 1, 3 and 8 rows).
    Arrays that stay in a cache are not left out.

    Args:
        config: the architecture.
        num_tokens: T.
        compute: number format of the arrays between the matrix products.
        remat: whether layers are computed again in the backward pass.
        attention: see `attention_way`; of all heads at once, the scores are moved six times.
    """
    T, D, F, H = num_tokens, config.embed_dim, config.ffn_dim, config.num_heads
    item = _BYTES[compute]
    stream, norms, hidden = 8 * T * D * 4, 6 * T * D * item, 2 * T * F * item
    heads = 8 * T * H * padded_width(config.head_dim, attention) * item
    scores = 6 * H * T * T * 4 if attention == "all heads" else 0
    forward = config.num_layers * (stream + norms + hidden + heads + scores)
    return round((2.25 if remat else 3.5) * forward)


def weight_copy_bytes(config: AgroNTConfig, compute: Compute) -> int:
    """Bytes of the layers' weights in the format of the matrix products; 0 for float32, in which they are stored.

    XLA converts the stacked weights of all layers once, outside the loop over layers.
    """
    if compute == "float32":
        return 0
    D, F = config.embed_dim, config.ffn_dim
    return _BYTES[compute] * config.num_layers * (4 * D * D + 2 * D * F)
