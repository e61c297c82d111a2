"""Multi-head self-attention over flattened tokens."""

from functools import partial

import haiku as hk
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from agront_model.config import AgroNTConfig

# Shapes: B rows, T tokens a row, N = B * T tokens flattened, D model width, H heads, d = D / H head width.
#
# Keys and values stand transposed, [d, T]: their gradients then come out of products that XLA's CPU backend runs three
# times as fast as those for [T, d], and all of attention's gradient takes a fifth less time.

# From here on XLA's CPU backend is faster with one head at a time, whose scores stay in cache (benchmarks/
# attention_speed.py); below, the loop costs more than it saves.
_MIN_TOKENS_TO_LOOP = 256


def attention_weights(
    query: Float[Array, "*heads T d"], key: Float[Array, "*heads d T"], valid: Bool[Array, "*#heads 1 T"]
) -> Float[Array, "*heads T T"]:
    """Softmax over the keys of query · key / sqrt(d), in float32; zero at keys that are not valid.

    A row without any valid key gets equal weights: meaningless, but finite, and so are its gradients.
    """
    query = query * query.shape[-1] ** -0.5
    scores = jnp.einsum("...qd,...dk->...qk", query, key, preferred_element_type=jnp.float32)
    return jax.nn.softmax(jnp.where(valid, scores, jnp.finfo(jnp.float32).min), axis=-1)


@jax.checkpoint
def attend(
    query: Float[Array, "*heads T d"],
    key: Float[Array, "*heads d T"],
    value: Float[Array, "*heads d T"],
    valid: Bool[Array, "*#heads 1 T"],
) -> Float[Array, "*heads T d"]:
    """Mean of the values under `attention_weights`, which are computed again in the backward pass, never stored."""
    weights = attention_weights(query, key, valid).astype(value.dtype)
    return jnp.einsum("...qk,...dk->...qd", weights, value)


def attend_head_by_head(
    query: Float[Array, "B H T d"],
    key: Float[Array, "B H d T"],
    value: Float[Array, "B H d T"],
    valid: Bool[Array, "B 1 1 T"],
) -> Float[Array, "B H T d"]:
    """Equal to `attend`, one head of one row after the other."""
    B, H, T, d = query.shape
    heads = [x.reshape(B * H, *x.shape[2:]) for x in (query, key, value)]
    valid = jnp.repeat(valid[:, 0], H, axis=0)
    return jax.lax.map(lambda head: attend(*head), (*heads, valid)).reshape(B, H, T, d)


class SelfAttention(hk.Module):
    """Bidirectional multi-head self-attention with biases everywhere, as in the ESM family."""

    def __init__(self, config: AgroNTConfig, name: str = "attention"):
        super().__init__(name=name)
        self._config = config

    def __call__(
        self, inputs: Float[Array, "N D"], valid: Bool[Array, "B T"], return_weights: bool = False
    ) -> tuple[Float[Array, "N D"], Float[Array, "B H T T"] | None]:
        """Attends within each row.

        Args:
            inputs: the tokens of B rows of T, flattened to N = B * T.
            valid: which tokens may be attended to.
            return_weights: whether to hand out the attention weights, which costs their memory.

        Returns:
            The output of the layer, and the weights in float32 or None.
        """
        D, H = self._config.embed_dim, self._config.num_heads
        B, T = valid.shape
        dense = partial(hk.Linear, w_init=hk.initializers.RandomNormal(self._config.initializer_range))

        def heads(name: str) -> Float[Array, "B T H d"]:
            return dense(D, name=name)(inputs).reshape(B, T, H, D // H)

        query = heads("query").transpose(0, 2, 1, 3)
        key, value = (heads(name).transpose(0, 2, 3, 1) for name in ("key", "value"))
        keys_valid = valid[:, None, None, :]
        weights = None
        if return_weights:
            weights = attention_weights(query, key, keys_valid)
            mixed = jnp.einsum("bhqk,bhdk->bhqd", weights.astype(value.dtype), value)
        elif T < _MIN_TOKENS_TO_LOOP:
            mixed = attend(query, key, value, keys_valid)
        else:
            mixed = jax.lax.platform_dependent(query, key, value, keys_valid, cpu=attend_head_by_head, default=attend)
        return dense(D, name="output")(mixed.transpose(0, 2, 1, 3).reshape(B * T, D)), weights
