"""A model with its parameters, as loading hands it out and saving takes it."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from agront_model.agront import AgroNT, Params
from agront_model.config import AgroNTConfig
from agront_model.pretrained.weight_source import WeightSource


@dataclasses.dataclass(frozen=True)
class Pretrained:
    """A model with its parameters: `model, params, config = load_pretrained(…)` takes it apart.

    Attributes:
        model: the functions.
        params: what they take as parameters, float32.
        config: the architecture; its `layer_norm_eps` is that of the source.
        source: where the weights come from; None for weights that were not loaded.
    """

    model: AgroNT
    params: Params
    config: AgroNTConfig
    source: WeightSource | None = None

    def __iter__(self) -> Iterator[Any]:
        return iter((self.model, self.params, self.config))
