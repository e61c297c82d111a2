"""All that a row costs on a kind of device."""

import dataclasses

from agront_model.attention import AttentionWay, attention_way
from agront_model.config import AgroNTConfig
from agront_model.cost import (
    Compute,
    RowBytes,
    RowFlops,
    hardware_flops,
    model_flops,
    row_bytes,
    row_traffic,
    weight_copy_bytes,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RowCosts:
    """What one row of a training step costs, and what the model costs beside its rows."""

    attention: AttentionWay
    """How the device computes attention."""
    needed: RowFlops
    """FLOP that the step needs: see `model_flops`."""
    made: RowFlops
    """FLOP that it makes: see `hardware_flops`."""
    memory: RowBytes
    """Bytes of activations and logits."""
    traffic: int
    """Bytes moved to and from memory: see `row_traffic`."""
    weight_copy: int
    """Bytes of the weights in the format of the products, however many rows there are: see `weight_copy_bytes`."""


def row_costs(
    config: AgroNTConfig, num_tokens: int, num_masked: int, *, platform: str, compute: Compute, remat: bool
) -> RowCosts:
    """Costs of a row.

    Args:
        config: the architecture.
        num_tokens: tokens of the row.
        num_masked: how many of them are predicted.
        platform: kind of device: see `attention_way`.
        compute: number format of the matrix products.
        remat: whether layers are computed again in the backward pass.
    """
    way = attention_way(platform, compute, num_tokens)
    return RowCosts(
        attention=way,
        needed=model_flops(config, num_tokens, num_masked),
        made=hardware_flops(config, num_tokens, num_masked, remat=remat, attention=way),
        memory=row_bytes(config, num_tokens, num_masked, compute=compute, remat=remat, attention=way),
        traffic=row_traffic(config, num_tokens, compute=compute, remat=remat, attention=way),
        weight_copy=weight_copy_bytes(config, compute),
    )
