"""Adapters: few weights inside the layers, which are trained in place of the model's own."""

import dataclasses
from typing import ClassVar, Literal

import numpy as np

from agront_model.params import Params

AdaptedLayer = Literal["query", "key", "value", "output", "up", "down"]
"""The linear layers of a transformer layer: four of the attention, two of the feed-forward network."""

PARAMETERS = ("lora_down", "lora_up", "ia3")
"""Names of the parameters of adapters, beside "w" and "b" of the linear layers."""


@dataclasses.dataclass(frozen=True)
class LoRA:
    """Low-rank adaptation (Hu et al. 2021, https://arxiv.org/abs/2106.09685).

    A layer x W + b becomes x W + b + (alpha / rank) x A B, with A [inputs, rank] and B [rank, outputs]. B begins as
    zeros, so that the model begins as it was.

    Attributes:
        rank: of A and B.
        alpha: see above.
        dropout: share of the inputs of A that are left out at random while training.
        layers: which layers have one.

    Raises:
        ValueError: no rank, no layer or an unknown one, or a share that is not between 0 and 1.
    """

    rank: int = 8
    alpha: float = 32.0
    dropout: float = 0.0
    layers: tuple[AdaptedLayer, ...] = ("query", "value")

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise ValueError(f"rank is {self.rank}: it must be at least 1")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is {self.dropout}: it is a share of the inputs, from 0 up to, not including, 1")
        if not self.layers or not set(self.layers) <= set(AdaptedLayer.__args__):  # type: ignore[attr-defined]
            raise ValueError(f"layers is {self.layers}: name one at least of query, key, value, output, up, down")

    @property
    def factor(self) -> float:
        """Of the second product: alpha, divided by the rank."""
        return self.alpha / self.rank


@dataclasses.dataclass(frozen=True)
class IA3:
    """Factors on activations (Liu et al. 2022, https://arxiv.org/abs/2205.05638).

    Keys, values and the hidden layer of the feed-forward network, after its GELU, are multiplied element by element by
    vectors that begin as ones. Where AgroNT's authors had theirs is not published; these are the paper's.
    """

    SCALED: ClassVar[tuple[str, ...]] = ("key", "value")
    HIDDEN: ClassVar[str] = "ffn"
    """The module whose hidden layer is scaled."""


Adapter = LoRA | IA3
"""What the layers of a model may have beside their own weights, for `make_model`."""


def split_adapters(params: Params) -> tuple[Params, Params]:
    """Returns the parameters of adapters, and the others; modules without any are left out."""

    def some(of_adapters: bool) -> Params:
        chosen = {
            module: {name: leaf for name, leaf in leaves.items() if (name in PARAMETERS) == of_adapters}
            for module, leaves in params.items()
        }
        return {module: leaves for module, leaves in chosen.items() if leaves}

    return some(True), some(False)


def with_adapters(base: Params, adapters: Params) -> Params:
    """Returns the parameters of a model with those of its adapters, or of any other modules, among them."""
    modules = dict.fromkeys([*base, *adapters])
    return {module: {**base.get(module, {}), **adapters.get(module, {})} for module in modules}


def merge_adapters(params: Params, adapter: Adapter) -> Params:
    """Folds adapters into the weights, so that a model without them gives the same outputs.

    Args:
        params: of a model with the adapter, on the host.
        adapter: its settings.
    """
    merged = {}
    for module, leaves in params.items():
        plain = {name: np.asarray(leaf) for name, leaf in leaves.items() if name not in PARAMETERS}
        if "lora_down" in leaves and isinstance(adapter, LoRA):
            down, up = (np.asarray(leaves[name], np.float64) for name in ("lora_down", "lora_up"))
            plain["w"] = (plain["w"] + adapter.factor * (down @ up)).astype(plain["w"].dtype)
        if "ia3" in leaves and "w" in plain:
            scale = np.asarray(leaves["ia3"])
            plain |= {"w": plain["w"] * scale[..., None, :], "b": plain["b"] * scale}
        if plain:
            merged[module] = plain
    for module, leaves in params.items():
        if "ia3" in leaves and "w" not in leaves:  # of a hidden layer, whose factors the next layer's rows take
            below = f"{module}/down"
            merged[below] = {**merged[below], "w": merged[below]["w"] * np.asarray(leaves["ia3"])[..., :, None]}
    return merged
