"""The model as a few pure functions."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Integer, Key

from agront_model.adapters import Adapter
from agront_model.config import AgroNTConfig
from agront_model.embeddings import Embeddings, check_shape, check_tokens
from agront_model.lm_head import LMHead
from agront_model.params import Params
from agront_model.precision import Precision
from agront_model.transformer import layer_norm, transformer_layers


class Encoding(NamedTuple):
    """What the encoder makes of token ids; what stands at `<pad>` positions means nothing.

    Attributes:
        embeddings: float32, after the layer norm that follows the last layer.
        hidden_states: float32, or None where not asked for: the embedded tokens, then the output of each layer; the
            last is normalised and equals `embeddings`. Only some of them, if only these were asked for.
        attention: attention weights in float32 of each layer asked for, by its number from 0; axis 2 is the query,
            axis 3 the key.
    """

    embeddings: Float[Array, "B T D"]
    hidden_states: Float[Array, "layers_plus_1 B T D"] | Float[Array, "asked_for B T D"] | None
    attention: dict[int, Float[Array, "B H T T"]]


@runtime_checkable
class Encode(Protocol):
    """The signature of `AgroNT.encode`."""

    def __call__(
        self,
        params: Params,
        tokens: Integer[Array | np.ndarray, "B T"],
        hidden_states: bool | Sequence[int] = False,
        attention_layers: Sequence[int] = (),
        dropout_keys: Key[Array, "B"] | None = None,
    ) -> Encoding:
        """Encodes token ids.

        Args:
            params: parameters from `init` or `load_pretrained`.
            tokens: token ids of any integer type, padded at the right with `pad_token_id`.
            hidden_states: whether to hand out all hidden states; or the numbers of those to hand out, in this order,
                which takes the memory of these only. They count as in transformers: 0 for the embedded tokens, i for
                what comes out of layer i, num_layers for `embeddings`. Python values, not an array.
            attention_layers: layers, from 0, whose attention maps to hand out; Python values.
            dropout_keys: a key a row, for the dropout of a `LoRA` while it is trained; None for none.

        Raises:
            ValueError: rows longer than `max_tokens`, no such layer or hidden state, a hidden state named twice, or
                (where `tokens` is a concrete array, not one that is being traced) an id outside the vocabulary.
        """
        ...


class AgroNT(NamedTuple):
    """A model as pure functions, which may stand under `jit`, `grad`, `vmap` and `pmap`.

    Attributes:
        init: (rng, tokens [B, T]) -> parameters of encoder and LM head; the same for all `tokens`.
        encode: see `Encode`.
        lm_logits: (params, embeddings [..., D]) -> logits [..., V] in float32.
    """

    init: Callable[[Array, Any], Params]
    encode: Encode
    lm_logits: Callable[[Params, Float[Array, "... D"]], Float[Array, "... V"]]


def make_model(
    config: AgroNTConfig, precision: Precision | None = None, *, remat: bool = False, adapter: Adapter | None = None
) -> AgroNT:
    """Builds the functions of a model.

    Args:
        config: the architecture.
        precision: number format of the matrix products; float32 if not given.
        remat: whether the backward pass computes each layer again instead of storing its activations. Changes memory
            and time, neither the parameters nor the results.
        adapter: what the layers have beside their own weights; `init` draws its parameters, too.
    """
    precision = precision or Precision()

    def encode_body(
        tokens: Array,
        hidden_states: bool | tuple[int, ...],
        attention_layers: tuple[int, ...],
        dropout_keys: Array | None = None,
    ) -> Encoding:
        B, T = tokens.shape
        tokens = tokens.astype(jnp.int32)
        x = Embeddings(config)(tokens).reshape(B * T, config.embed_dim)
        stack = transformer_layers(
            x,
            tokens != config.pad_token_id,
            config,
            remat=remat,
            hidden_states=hidden_states,
            attention_layers=attention_layers,
            adapter=adapter,
            dropout_keys=dropout_keys,
        )
        final = layer_norm(config, "final_norm")(stack.outputs)
        states = stack.inputs_of_layers
        if states is not None:
            if hidden_states is True:
                states = jnp.concatenate([states, final[None]])
            elif isinstance(hidden_states, tuple) and config.num_layers in hidden_states:
                states = states.at[hidden_states.index(config.num_layers)].set(final)
            states = states.reshape(len(states), B, T, config.embed_dim)
        maps = {} if stack.attention is None else dict(zip(attention_layers, stack.attention, strict=True))
        return Encoding(final.reshape(B, T, config.embed_dim), states, maps)

    def modules() -> tuple[Callable[..., Any], tuple[Callable[..., Any], Callable[..., Any]]]:
        def in_scope(body: Callable[..., Any]) -> Callable[..., Any]:
            def scoped(*args: Any) -> Any:
                with precision.scope(), hk.name_scope("agront"):
                    return body(*args)

            return scoped

        def lm_body(embeddings: Array) -> Array:
            return LMHead(config)(embeddings)

        def everything(tokens: Array) -> Array:
            return lm_body(encode_body(tokens, False, ()).embeddings)

        return in_scope(everything), (in_scope(encode_body), in_scope(lm_body))

    transformed = hk.without_apply_rng(hk.multi_transform(modules))
    apply_encode, apply_lm_head = transformed.apply
    # Compiled here, so that calls from outside `jit` do not compile the layers anew each time.
    compiled_encode = jax.jit(apply_encode, static_argnums=(2, 3))
    compiled_init = jax.jit(transformed.init)

    def init(rng: Array, tokens: Any) -> Params:
        check_shape(tokens, config)
        # No parameter depends on the batch, and initialising runs the model once: on one token.
        return compiled_init(rng, jnp.zeros((1, 1), jnp.int32))

    def encode(
        params: Params,
        tokens: Any,
        hidden_states: bool | Sequence[int] = False,
        attention_layers: Sequence[int] = (),
        dropout_keys: Array | None = None,
    ) -> Encoding:
        if isinstance(tokens, jax.core.Tracer):
            check_shape(tokens, config)
        else:
            check_tokens(np.asarray(tokens), config)
        layers = tuple(attention_layers)
        for layer in layers:
            if not 0 <= layer < config.num_layers:
                raise ValueError(f"attention_layers: no layer {layer}, they count from 0 to {config.num_layers - 1}")
        states = _states_asked_for(hidden_states, config.num_layers)
        return compiled_encode(params, jnp.asarray(tokens), states, tuple(dict.fromkeys(layers)), dropout_keys)

    return AgroNT(init, encode, jax.jit(apply_lm_head))


def _states_asked_for(hidden_states: bool | Sequence[int], num_layers: int) -> bool | tuple[int, ...]:
    if not isinstance(hidden_states, Sequence):
        return bool(hidden_states)
    for state in hidden_states:
        if not 0 <= state <= num_layers:
            raise ValueError(f"hidden_states: no hidden state {state}, they count from 0 to {num_layers}")
    if len(set(hidden_states)) < len(hidden_states):
        raise ValueError(f"hidden_states names one of them twice: {list(hidden_states)}")
    return tuple(int(state) for state in hidden_states) or False


def count_parameters(config: AgroNTConfig) -> int:
    """Number of parameters of encoder and LM head, found from shapes alone: no array is made.

    991,260,405 for `AGRONT_1B`. The published file holds 801 more, a contact-prediction head that is never used.
    """
    tokens = jax.ShapeDtypeStruct((1, 1), jnp.int32)
    init = make_model(config).init
    params = jax.eval_shape(lambda tokens: init(jax.random.key(0), tokens), tokens)  # a key outside starts a device
    return sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(params))
