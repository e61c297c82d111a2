"""What of a run's memory and time only the model knows."""

from typing import NamedTuple


class ModelCosts(NamedTuple):
    """Costs of one row, and of the model beside its rows."""

    row_activations: int
    """Bytes kept of one row for the backward pass."""
    row_transient: int
    """The most bytes that one row takes in addition at any time: logits, or the backward pass of one layer."""
    row_flops: int = 0
    """FLOP of the matrix products for one row, those made again included."""
    row_traffic: int = 0
    """Bytes moved to and from memory for one row."""
    weight_copy: int = 0
    """Bytes of a copy of the parameters in another number format."""
