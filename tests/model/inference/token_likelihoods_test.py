import dataclasses

import jax
import numpy as np
import pytest
from agront_model.inference import TokenLikelihoods

MASK = 2


def masked(row, *positions):
    row = row.copy()
    row[list(positions)] = MASK
    return row


@pytest.fixture(scope="module")
def token_likelihoods(pretrained):
    return TokenLikelihoods(pretrained, devices=jax.local_devices()[:1])


def test_equals_the_head_on_each_row_alone(pretrained, make_row, token_likelihoods):
    rows = [masked(make_row(0, 36), 35), make_row(1, 64), masked(make_row(2, 12), 11, 3), masked(make_row(3, 64), 63)]
    asked = [[[35, 6]], [[7, 7], [1, 30], [7, 8], [63, 5]], [[11, 39]] * 3 + [[3, 4], [0, 5]], [[63, 20], [62, 9]]]
    asked = [np.array(pairs, np.uint16) for pairs in asked]
    finished = []
    found = token_likelihoods(rows, asked, finished.append)
    assert sum(finished) == 4
    for row, pairs, likelihoods in zip(rows, asked, found, strict=True):
        embeddings = pretrained.model.encode(pretrained.params, row[None]).embeddings
        logits = np.asarray(pretrained.model.lm_logits(pretrained.params, embeddings[0]), np.float64)
        expected = [logits[position, token] - np.log(np.exp(logits[position]).sum()) for position, token in pairs]
        np.testing.assert_allclose(likelihoods, expected, atol=2e-5)
        assert likelihoods.dtype == np.float32


def test_all_tokens_together_are_certain(make_row, token_likelihoods):
    everything = np.stack([np.full(40, 3), np.arange(40)], axis=1)
    [likelihoods] = token_likelihoods([masked(make_row(0, 12), 3)], [everything])
    np.testing.assert_allclose(np.exp(likelihoods.astype(np.float64)).sum(), 1, atol=1e-5)


def test_a_row_may_ask_for_nothing(make_row, token_likelihoods):
    nothing, one = token_likelihoods(
        [make_row(0, 12), make_row(1, 12)], [np.zeros((0, 2), np.int64), np.array([[5, 6]])]
    )
    assert (nothing.shape, one.shape) == ((0,), (1,))
    assert token_likelihoods([], []) == []


@pytest.mark.parametrize(
    ("asked", "size", "message"),
    [
        ([[[5, 6]], [[5, 6]]], 12, "there are 1 rows, and tokens are asked for 2"),
        ([[[5, 6], [12, 6]]], 12, "row 0 has 12 tokens, and one beyond them is asked for"),
        ([[[-1, 6]]], 12, "row 0 has 12 tokens, and one beyond them"),
        ([[[5, 40]]], 12, "row 0: a token beyond the vocabulary of 40 is asked for"),
        ([[[5, -1]]], 12, "row 0: a token beyond the vocabulary"),
        ([[[3, 6]]], 65, "row 0 has 65 tokens, and the context holds 64"),
    ],
)
def test_what_cannot_be_computed_is_refused(asked, size, message, make_row, token_likelihoods):
    with pytest.raises(ValueError, match=message):
        token_likelihoods([make_row(0, size)], [np.array(pairs) for pairs in asked])


def test_output_that_is_not_finite_is_named(pretrained, make_row):
    params = jax.tree.map(lambda leaf: leaf * np.float32(np.inf), pretrained.params)
    broken = TokenLikelihoods(dataclasses.replace(pretrained, params=params), devices=jax.local_devices()[:1])
    with pytest.raises(FloatingPointError, match="row 0: the model's output is not finite"):
        broken([masked(make_row(0, 12), 3)], [np.array([[3, 6]])])
