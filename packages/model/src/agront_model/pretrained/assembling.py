"""From the tensors of a file to the parameters of a model, each of them accounted for before memory is spent."""

from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from agront_model.agront import Params, make_model
from agront_model.config import AgroNTConfig
from agront_model.devices import NO_ROOM_FOR_WEIGHTS, explaining_memory
from agront_model.pretrained.finite_check import check_finite
from agront_model.pretrained.tensor_check import check_tensors
from agront_model.pretrained.tensor_source import TensorSource

# Rows that are transposed at once: the whole of a matrix takes three times as long, as its columns miss the cache.
_BLOCK = 16


class Leaf(NamedTuple):
    """One parameter and the tensors of a file that make it up.

    Attributes:
        module: Haiku's name of the module.
        name: name of the parameter in it.
        shape: of the parameter, layers first where it is stacked.
        tensors: names in the file: one, or one for each layer.
        stacked: whether there is one tensor for each layer.
        transposed: whether the file stores [out, in], as PyTorch does, instead of [in, out].
    """

    module: str
    name: str
    shape: tuple[int, ...]
    tensors: tuple[str, ...]
    stacked: bool
    transposed: bool

    @property
    def tensor_shape(self) -> tuple[int, ...]:
        """Shape of each tensor in the file."""
        shape = self.shape[1:] if self.stacked else self.shape
        return shape[::-1] if self.transposed else shape


def parameter_shapes(config: AgroNTConfig) -> dict[str, dict[str, tuple[int, ...]]]:
    """Shapes of all parameters of a model: {module: {name: shape}}."""
    tokens = jax.ShapeDtypeStruct((1, 1), jnp.int32)
    init = make_model(config).init
    arrays = jax.eval_shape(lambda tokens: init(jax.random.key(0), tokens), tokens)  # a key outside starts a device
    return {module: {name: array.shape for name, array in leaves.items()} for module, leaves in arrays.items()}


def assemble(source: TensorSource, leaves: Iterable[Leaf], *, described_by: str, ignored: str = "(?!)") -> Params:
    """Reads all parameters, in float32, tensor by tensor into their place on JAX's default device.

    Args:
        source: the tensors.
        leaves: the parameters of the model.
        described_by: the file that says what the tensors should be, for messages.
        ignored: pattern of the names that may stand in the file and are of no use.

    Raises:
        ValueError: tensors missing, unexpected, of another shape or number format, all by name; or one of them holds
            numbers that are not finite.
    """
    leaves = list(leaves)
    expected = {name: leaf.tensor_shape for leaf in leaves for name in leaf.tensors}
    check_tensors(source, expected, described_by=described_by, ignored=ignored)
    params: dict[str, dict[str, jax.Array]] = defaultdict(dict)
    with explaining_memory(NO_ROOM_FOR_WEIGHTS):
        for leaf in leaves:
            params[leaf.module][leaf.name] = _read_leaf(source, leaf)
    return dict(params)


def _read_leaf(source: TensorSource, leaf: Leaf) -> jax.Array:
    value = jnp.zeros(leaf.shape, jnp.float32)
    for layer, name in enumerate(leaf.tensors):
        tensor = source.read(name)
        check_finite(tensor, f"{source.path}, {name}")
        if leaf.transposed:
            tensor = transposed(tensor)
        value = _set_layer(value, layer, tensor) if leaf.stacked else jnp.array(tensor, jnp.float32)
        # The next read may take the memory of this one.
        value.block_until_ready()
    return value


@partial(jax.jit, donate_argnums=0)
def _set_layer(stack: Float[Array, "L ..."], layer: Int[Array, ""], tensor: Float[Array, "..."]) -> Array:
    """Overwrites one layer in place."""
    return stack.at[layer].set(tensor.astype(stack.dtype))


def transposed(matrix: Float[np.ndarray, "M N"], out: Float[np.ndarray, "N M"] | None = None) -> np.ndarray:
    """The transpose of a matrix, written into `out` or a new array."""
    if out is None:
        out = np.empty(matrix.shape[::-1], matrix.dtype)
    for start in range(0, len(matrix), _BLOCK):
        out[:, start : start + _BLOCK] = matrix[start : start + _BLOCK].T
    return out
