import weakref
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_model.pretrained.assembling import assemble
from agront_model.pretrained.esm_names import esm_leaves
from agront_model.pretrained.tensor_source import TensorInfo
from safetensors.numpy import load_file


class Counting:
    """A source that knows which of the arrays it gave are still held."""

    path = Path("counting")

    def __init__(self, tensors):
        self._tensors = tensors
        self.tensors = {name: TensorInfo(array.shape, array.dtype.name) for name, array in tensors.items()}
        self.given = []
        self.most_bytes_held = 0

    def read(self, name):
        array = self._tensors[name].copy()
        self.given.append((weakref.ref(array), array.nbytes))
        held = sum(nbytes for reference, nbytes in self.given if reference() is not None)
        self.most_bytes_held = max(self.most_bytes_held, held)
        return array


class OneBuffer(Counting):
    """A source that gives each tensor in the memory of the one before."""

    def __init__(self, tensors):
        super().__init__(tensors)
        self._buffer = np.empty(max(array.size for array in tensors.values()), np.float32)

    def read(self, name):
        self._buffer[:] = np.nan
        view = self._buffer[: self._tensors[name].size].reshape(self._tensors[name].shape)
        view[...] = self._tensors[name]
        return view


@pytest.fixture
def tensors(folder):
    tensors = load_file(folder / "model.safetensors")
    return {name: array for name, array in tensors.items() if "contact" not in name}


@pytest.mark.parametrize("kind", [Counting, OneBuffer])
def test_every_tensor_comes_to_its_place(pretrained, tensors, kind):
    params = assemble(kind(tensors), esm_leaves(pretrained.config), described_by="config")
    jax.tree.map(np.testing.assert_array_equal, params, dict(pretrained.params))
    assert {leaf.dtype for leaf in jax.tree.leaves(params)} == {jnp.dtype("float32")}


def test_tensors_are_let_go_one_by_one(pretrained, tensors):
    source = Counting(tensors)
    assemble(source, esm_leaves(pretrained.config), described_by="config")
    assert len(source.given) == len(tensors)
    assert source.most_bytes_held <= 4 * max(array.nbytes for array in tensors.values())
    assert source.most_bytes_held < 0.5 * sum(array.nbytes for array in tensors.values())
