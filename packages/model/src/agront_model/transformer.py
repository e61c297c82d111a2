"""The stack of pre-norm transformer layers."""

from collections.abc import Mapping
from typing import NamedTuple

import haiku as hk
import jax
import jax.numpy as jnp
from jax.ad_checkpoint import checkpoint_name
from jaxtyping import Array, Bool, Float, Int, Key

from agront_model.adapters import IA3, Adapter, LoRA
from agront_model.attention import NO_DROPOUT, SelfAttention, is_result_of_cudnn
from agront_model.config import AgroNTConfig
from agront_model.dense import Dense

# Shapes: B rows, T tokens a row, N = B * T tokens flattened, D model width, F hidden width of the feed-forward network,
# H heads, L layers, S hidden states asked for by number, A layers whose attention is asked for. Tokens are flattened
# because XLA's CPU backend runs the matrix products on [N, D] at twice the speed of those on [B, T, D].

# What the backward pass finds stored of each layer, beside its input; all but the results of matrix products and of
# the attention core is computed again. What cuDNN's kernel gives is kept too: it has no names.
_SAVED = ("query", "key", "value", "mixed", "softmax", "after_attention", "hidden")


def gelu(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """GELU by the error function, x · Φ(x), as in PyTorch.

    `jax.nn.gelu` goes through erfc, four times slower on the CPU.
    """
    return x * 0.5 * (1.0 + jax.lax.erf(x * 0.5**0.5))


def layer_norm(config: AgroNTConfig, name: str) -> hk.LayerNorm:
    """A layer norm over the last axis with scale and offset."""
    return hk.LayerNorm(-1, create_scale=True, create_offset=True, eps=config.layer_norm_eps, name=name)


class FeedForward(hk.Module):
    """Two dense layers with a GELU between them."""

    def __init__(self, config: AgroNTConfig, adapter: Adapter | None = None, name: str = "ffn"):
        super().__init__(name=name)
        self._config, self._adapter = config, adapter

    def __call__(self, inputs: Float[Array, "N D"], keep: Mapping[str, Array] = NO_DROPOUT) -> Float[Array, "N D"]:
        """Widens to `ffn_dim` and narrows again; `keep` as for `SelfAttention`."""
        config = self._config
        up, down = (
            Dense(size, config, name, self._adapter)
            for name, size in (("up", config.ffn_dim), ("down", config.embed_dim))
        )
        hidden = gelu(checkpoint_name(up(inputs, keep.get("up")), "hidden"))
        if isinstance(self._adapter, IA3):
            scale = hk.get_parameter("ia3", (config.ffn_dim,), jnp.float32, jnp.ones)
            hidden = hidden * scale.astype(hidden.dtype)
        return down(hidden, keep.get("down"))


def dropout_mask(
    keys: Key[Array, "B"], numbers: tuple[Int[Array, ""] | int, ...], dropout: float, num_tokens: int, width: int
) -> Bool[Array, "N I"]:
    """Which inputs of a layer are kept, drawn row by row, so that rows may be shared out among devices in any way.

    Args:
        keys: a key a row.
        numbers: folded into each key, such as that of the layer.
        dropout: share that is left out.
        num_tokens: T of each row.
        width: I, inputs of the layer.
    """

    def of_row(key: Array) -> Array:
        for number in numbers:
            key = jax.random.fold_in(key, number)
        return jax.random.bernoulli(key, 1 - dropout, (num_tokens, width))

    return jax.vmap(of_row)(keys).reshape(-1, width)


class StackOutput(NamedTuple):
    """What comes out of the layers, before the last layer norm."""

    outputs: Float[Array, "N D"]
    inputs_of_layers: Float[Array, "L N D"] | Float[Array, "S N D"] | None
    attention: Float[Array, "A B H T T"] | None


def transformer_layers(
    x: Float[Array, "N D"],
    valid: Bool[Array, "B T"],
    config: AgroNTConfig,
    *,
    remat: bool,
    hidden_states: bool | tuple[int, ...],
    attention_layers: tuple[int, ...],
    adapter: Adapter | None = None,
    dropout_keys: Key[Array, "B"] | None = None,
) -> StackOutput:
    """Runs all layers as one scan, whose parameters are named "layers/…" and carry a leading layer axis.

    Args:
        x: embedded tokens, flattened.
        valid: which tokens may be attended to.
        config: the architecture.
        remat: whether to keep only the input of each layer for the backward pass and compute the rest again.
        hidden_states: whether to collect the input of each layer; or the numbers of those to collect, in this order.
            Number L, which comes after the last layer norm, is left as zeros for the caller to set.
        attention_layers: layers, counted from 0, whose attention maps are collected, in this order.
        adapter: what the layers have beside their weights.
        dropout_keys: a key a row, for the adapter's dropout; None for none.
    """
    B, T = valid.shape
    maps = states = None
    if attention_layers:
        maps = jnp.zeros((len(attention_layers), B, config.num_heads, T, T))
    if isinstance(hidden_states, tuple):
        states = jnp.zeros((len(hidden_states), *x.shape), x.dtype)

    def kept_inputs(number: Int[Array, ""]) -> dict[str, Bool[Array, "N I"]]:
        if dropout_keys is None or not isinstance(adapter, LoRA) or adapter.dropout == 0:
            return {}
        return {
            name: dropout_mask(
                dropout_keys,
                (number, place),
                adapter.dropout,
                T,
                config.ffn_dim if name == "down" else config.embed_dim,
            )
            for place, name in enumerate(adapter.layers)
        }

    def layer(
        carry: tuple[Array, Array | None, Array | None],
        slot: tuple[Int[Array, ""], Int[Array, ""], Int[Array, ""] | None],
    ) -> tuple[tuple[Array, Array | None, Array | None], Array | None]:
        x, maps, states = carry
        number, map_slot, state_slot = slot
        keep = kept_inputs(number)
        inputs = x if hidden_states is True else None
        if states is not None:
            states = states.at[state_slot].set(x, mode="drop")
        normed = layer_norm(config, "attention_norm")(x)
        update, weights = SelfAttention(config, adapter)(normed, valid, maps is not None, keep)
        x = checkpoint_name(x + update, "after_attention")
        x = x + FeedForward(config, adapter)(layer_norm(config, "ffn_norm")(x), keep)
        if maps is not None:
            maps = maps.at[map_slot].set(weights, mode="drop")
        return (x, maps, states), inputs

    # Only the maps and states asked for are held, in buffers that go from layer to layer: those of all 40 would fill
    # the memory. A layer that nobody asked for has the slot after the last, which "drop" ignores.
    def slots(asked: tuple[int, ...]) -> Int[Array, "L"]:
        slot_of = {layer: slot for slot, layer in enumerate(asked)}
        return jnp.array([slot_of.get(layer, len(asked)) for layer in range(config.num_layers)])

    layer_slots = (
        jnp.arange(config.num_layers),
        slots(attention_layers),
        slots(hidden_states) if isinstance(hidden_states, tuple) else None,
    )
    stack = hk.layer_stack(config.num_layers, with_per_layer_inputs=True, name="layers")
    # Without `remat` too, layer norms and GELU are computed again: on a CPU that is cheaper than to store them.
    policies = jax.checkpoint_policies
    policy = (
        policies.nothing_saveable
        if remat
        else policies.save_from_both_policies(policies.save_only_these_names(*_SAVED), is_result_of_cudnn)
    )
    carry = x, maps, states
    (x, maps, states), inputs = stack(hk.remat(layer, prevent_cse=False, policy=policy))(carry, layer_slots)
    return StackOutput(x, inputs if states is None else states, maps)
