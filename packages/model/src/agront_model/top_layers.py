"""The last layers of a model apart from the others, to train those alone."""

from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp

from agront_model.params import Params

_LAYERS = "agront/layers/"
_BEHIND = ("agront/final_norm",)


def split_top_layers(params: Params, num_layers: int) -> tuple[Params, Params]:
    """Returns the parameters of the last layers, with the layer norm behind them; and the others.

    Args:
        params: of a model; the axis of layers comes first.
        num_layers: how many layers are the last ones, from 0.

    Raises:
        ValueError: there are not so many layers.
    """
    top: dict[str, Mapping[str, Any]] = {}
    others: dict[str, Mapping[str, Any]] = {}
    for module, leaves in params.items():
        if module.startswith(_LAYERS):
            whole = min(len(leaf) for leaf in leaves.values())
            if not 0 <= num_layers <= whole:
                raise ValueError(f"the last {num_layers} layers are asked for, and the model has {whole}")
            border = whole - num_layers
            top[module] = {name: leaf[border:] for name, leaf in leaves.items()}
            others[module] = {name: leaf[:border] for name, leaf in leaves.items()}
        else:
            (top if module in _BEHIND else others)[module] = leaves
    return top, others


def with_top_layers(others: Params, top: Params) -> Params:
    """Returns the parameters of the whole model, of what `split_top_layers` has parted; a pure function of arrays."""
    joined = {
        module: {name: jnp.concatenate([leaf, top[module][name]]) for name, leaf in leaves.items()}
        if module in top
        else leaves
        for module, leaves in others.items()
    }
    return {**joined, **{module: leaves for module, leaves in top.items() if module not in others}}
