import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_model import split_top_layers, with_top_layers


@pytest.mark.parametrize("num_layers", [0, 1, 3])
def test_what_is_parted_is_put_together(pretrained, num_layers):
    top, others = split_top_layers(pretrained.params, num_layers)
    whole = with_top_layers(others, top)
    assert whole.keys() == pretrained.params.keys()
    jax.tree.map(np.testing.assert_array_equal, whole, dict(pretrained.params))
    sizes = {leaf.shape[0] for module, leaves in top.items() if "layers" in module for leaf in leaves.values()}
    assert sizes == {num_layers}
    assert any(module.endswith("final_norm") for module in top)


def test_gradients_are_those_of_the_whole_model(pretrained, tokens):
    top, others = split_top_layers(pretrained.params, 2)

    def loss(params):
        return jnp.square(pretrained.model.encode(params, tokens).embeddings[:, :7]).sum()

    found = jax.grad(lambda top: loss(with_top_layers(others, top)))(top)
    expected, _ = split_top_layers(jax.grad(loss)(dict(pretrained.params)), 2)
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-3), found, expected)


def test_more_layers_than_there_are(pretrained):
    with pytest.raises(ValueError, match="the last 4 layers are asked for, and the model has 3"):
        split_top_layers(pretrained.params, 4)
