"""What loading hands out and saving takes."""

from typing import NamedTuple

from agront_model.agront import AgroNT, Params
from agront_model.config import AgroNTConfig


class Pretrained(NamedTuple):
    """A model with its parameters.

    Attributes:
        model: the functions.
        params: what they take as parameters, float32.
        config: the architecture; its `layer_norm_eps` is that of the source.
    """

    model: AgroNT
    params: Params
    config: AgroNTConfig
