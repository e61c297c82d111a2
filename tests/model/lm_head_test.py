import jax.numpy as jnp
import numpy as np
import pytest


@pytest.mark.parametrize("leading", [(), (5,), (2, 3), (2, 0), (1, 2, 3)])
def test_any_leading_shape(pretrained, leading):
    embeddings = np.random.default_rng(0).standard_normal((*leading, 30)).astype(np.float32)
    logits = pretrained.model.lm_logits(pretrained.params, embeddings)
    assert logits.shape == (*leading, 40)
    assert logits.dtype == jnp.float32
    for index in np.ndindex(leading):
        np.testing.assert_allclose(
            logits[index], pretrained.model.lm_logits(pretrained.params, embeddings[index]), atol=1e-5
        )


def test_another_width_is_refused(pretrained):
    with pytest.raises(ValueError, match="embeddings are 31 wide, the model is 30 wide"):
        pretrained.model.lm_logits(pretrained.params, jnp.zeros((4, 31)))


def test_the_decoder_is_not_the_token_embedding(pretrained):
    embedding = pretrained.params["agront/embeddings/tokens"]["embeddings"]
    decoder = pretrained.params["agront/lm_head/decoder"]["w"]
    assert decoder.shape == embedding.T.shape
    assert not np.allclose(decoder, embedding.T)
