import dataclasses

import jax
import numpy as np
import pytest
from agront_model.inference import BaseLikelihoods, base_probabilities

K_MERS = np.array([[one, other] for one in range(4) for other in range(4)], np.uint8)
# As the toy model's vocabulary of 40: four special tokens, 2-mers, single letters and others without bases.
TOKEN_BASES = np.full((40, 2), 5, np.uint8)
TOKEN_BASES[4:20] = K_MERS
TOKEN_BASES[20:25, 0] = range(5)


@pytest.fixture(scope="module")
def base_likelihoods(pretrained):
    return BaseLikelihoods(pretrained, TOKEN_BASES, devices=jax.local_devices()[:1])


def test_equals_base_probabilities_of_each_row_alone(pretrained, make_row, base_likelihoods):
    rows = [make_row(0, 36), make_row(1, 64), make_row(2, 2), make_row(3, 64)]
    finished = []
    found = base_likelihoods(rows, finished.append)
    assert sum(finished) == 4
    for row, probabilities in zip(rows, found, strict=True):
        embeddings = pretrained.model.encode(pretrained.params, row[None]).embeddings
        logits = np.asarray(pretrained.model.lm_logits(pretrained.params, embeddings[0]))
        np.testing.assert_allclose(probabilities, base_probabilities(logits, TOKEN_BASES)[1:], atol=2e-6)
        assert probabilities.dtype == np.float32
        assert probabilities.shape == (len(row) - 1, 2, 4)


def test_no_rows(base_likelihoods):
    assert base_likelihoods([]) == []


def test_what_cannot_be_computed_is_refused(pretrained, make_row, base_likelihoods):
    with pytest.raises(ValueError, match="row 1 has 65 tokens, and the context holds 64"):
        base_likelihoods([make_row(0, 12), make_row(0, 65)])
    with pytest.raises(ValueError, match="token_bases has 30 rows, 16 of them k-mers; the model's vocabulary has 40"):
        BaseLikelihoods(pretrained, TOKEN_BASES[:30])
    with pytest.raises(ValueError, match="there must be a k-mer"):
        BaseLikelihoods(pretrained, np.full((40, 2), 5, np.uint8))


def test_output_that_is_not_finite_is_named(pretrained, make_row):
    params = jax.tree.map(lambda leaf: leaf * np.float32(np.inf), pretrained.params)
    broken = dataclasses.replace(pretrained, params=params)
    with pytest.raises(FloatingPointError, match="row 0: the model's output is not finite"):
        BaseLikelihoods(broken, TOKEN_BASES, devices=jax.local_devices()[:1])([make_row(0, 12)])
