import jax.numpy as jnp
import numpy as np
import pytest
from agront_train.tasks import MaskedTokens
from agront_train.tasks.masked_tokens.objective import masked_cross_entropy, row_losses
from toy_training import ToyModel


def test_losses_are_weighted_sums_in_nats():
    # Two classes with odds 3 : 1, so the losses are log(4/3) and log(4).
    logits = jnp.array([[[np.log(3.0), 0.0], [np.log(3.0), 0.0], [9.0, -9.0]]])
    total = masked_cross_entropy(logits, jnp.array([[0, 1, 1]]), jnp.array([[1.0, 1.0, 0.0]]))
    np.testing.assert_allclose(total.loss, [np.log(4 / 3) + np.log(4)], rtol=1e-6)
    np.testing.assert_array_equal(total.weight, [2.0])


def test_bfloat16_logits_are_summed_in_float32():
    logits = jnp.zeros((1, 4096, 4), jnp.bfloat16)
    total = masked_cross_entropy(logits, jnp.zeros((1, 4096), jnp.int32), jnp.ones((1, 4096)))
    assert total.loss.dtype == jnp.float32
    np.testing.assert_allclose(total.loss, [4096 * np.log(4)], rtol=1e-5)


def test_the_head_sees_the_masked_positions_only():
    model = ToyModel()
    seen = []

    class Watched:
        init = staticmethod(model.init)
        encode = staticmethod(model.encode)

        @staticmethod
        def lm_logits(params, embeddings):
            seen.append(embeddings.shape)
            return model.lm_logits(params, embeddings)

    tokens = jnp.arange(4, 14).reshape(1, 10)
    params = model.init(np.array([0, 1], np.uint32), tokens)
    masked = MaskedTokens(tokens, jnp.array([[7, 2]]), jnp.array([[11, 6]]), jnp.array([[1.0, 1.0]]))
    total = row_losses(Watched, params, masked)
    assert seen == [(1, 2, 16)]
    logits = np.asarray(model.lm_logits(params, model.encode(params, tokens).embeddings))[0, [7, 2]]
    expected = sum(np.log(np.exp(row).sum()) - row[target] for row, target in zip(logits, [11, 6], strict=True))
    assert float(total.loss[0]) == pytest.approx(expected, rel=1e-5)
