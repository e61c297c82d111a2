"""Which number format the matrix products of a model use."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Literal

import haiku as hk
import jax.numpy as jnp
import jmp

from agront_model.dense import Dense


@dataclasses.dataclass(frozen=True, kw_only=True)
class Precision:
    """Mixed-precision policy of a model.

    Parameters are always stored in float32 and outputs are always float32. Embeddings, the residual stream, layer
    norms, softmax and logits are float32 too; `compute` is the format of the linear layers and of the two attention
    products.

    Raises:
        ValueError: `compute` is neither "float32" nor "bfloat16".
    """

    compute: Literal["float32", "bfloat16"] = "float32"
    """Number format of the matrix products. Parameters and outputs stay float32 either way."""

    def __post_init__(self) -> None:
        if self.compute not in ("float32", "bfloat16"):
            raise ValueError(f"compute must be 'float32' or 'bfloat16', got {self.compute!r}")

    @property
    def policy(self) -> jmp.Policy:
        """The policy of the model as a whole: parameters and outputs in float32, products in `compute`."""
        return jmp.Policy(
            param_dtype=jnp.dtype("float32"), compute_dtype=jnp.dtype(self.compute), output_dtype=jnp.dtype("float32")
        )

    @contextlib.contextmanager
    def scope(self) -> Iterator[None]:
        """Applies this precision to the Haiku modules called inside, and leaves nothing behind.

        To be entered inside a transformed function. Policies are keyed by module class and looked up per thread, so
        they are pushed here rather than set: other models of the same process keep their own.
        """
        float32 = jmp.get_policy("float32")
        with contextlib.ExitStack() as stack:
            # A linear layer hands on what it computed in: the activation after it then costs half the memory.
            linear = self.policy.with_output_dtype(self.policy.compute_dtype)
            stack.enter_context(hk.mixed_precision.push_policy(Dense, linear))
            # In bfloat16 the gradients of all tokens that share an id would be summed in bfloat16.
            stack.enter_context(hk.mixed_precision.push_policy(hk.Embed, float32))
            stack.enter_context(hk.mixed_precision.push_policy(hk.LayerNorm, float32))
            yield
