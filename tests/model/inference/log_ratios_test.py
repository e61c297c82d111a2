import dataclasses

import jax
import numpy as np
import pytest
from agront_model.inference import LogRatios

MASK = 2


def masked(row, position):
    row = row.copy()
    row[position] = MASK
    return row


@pytest.fixture(scope="module")
def log_ratios(pretrained):
    return LogRatios(pretrained, devices=jax.local_devices()[:1])


def test_equals_the_head_on_each_row_alone(pretrained, make_row, log_ratios):
    masks = [35, 1, 11, 63]
    rows = [
        masked(make_row(seed, size), mask)
        for seed, (size, mask) in enumerate(zip((36, 64, 12, 64), masks, strict=True))
    ]
    asked = [np.array(pairs, np.uint16) for pairs in ([[5, 6]], [[7, 7], [8, 30]], [[39, 4]] * 5, [[9, 20]])]
    finished = []
    found = log_ratios(rows, asked, finished.append)
    assert sum(finished) == 4
    for row, mask, pairs, ratios in zip(rows, masks, asked, found, strict=True):
        embeddings = pretrained.model.encode(pretrained.params, row[None]).embeddings
        logits = np.asarray(pretrained.model.lm_logits(pretrained.params, embeddings[0]), np.float64)[mask]
        log_likelihoods = logits - np.log(np.exp(logits).sum())
        expected = [log_likelihoods[alternative] - log_likelihoods[reference] for reference, alternative in pairs]
        np.testing.assert_allclose(ratios, expected, atol=2e-5)
        assert ratios.dtype == np.float32


def test_a_row_may_ask_for_nothing(make_row, log_ratios):
    rows = [masked(make_row(0, 12), 3), masked(make_row(1, 12), 4)]
    nothing, one = log_ratios(rows, [np.zeros((0, 2), np.int64), np.array([[5, 6]])])
    assert (nothing.shape, one.shape) == ((0,), (1,))


@pytest.mark.parametrize(
    ("masks", "asked", "size", "message"),
    [
        ([3], [[[5, 6]], [[5, 6]]], 12, "there are 1 rows and pairs of tokens for 2"),
        ([], [[[5, 6]]], 12, "row 0 has 0 <mask>; it must have one"),
        ([3, 4], [[[5, 6]]], 12, "row 0 has 2 <mask>"),
        ([3], [[[5, 40]]], 12, "row 0 asks for a token beyond the vocabulary of 40"),
        ([3], [[[-1, 5]]], 12, "row 0 asks for a token beyond"),
        ([3], [[[5, 6]]], 65, "row 0 has 65 tokens, and the context holds 64"),
    ],
)
def test_what_cannot_be_compared_is_refused(masks, asked, size, message, make_row, log_ratios):
    row = make_row(0, size)
    row[masks] = MASK
    with pytest.raises(ValueError, match=message):
        log_ratios([row], [np.array(pairs) for pairs in asked])


def test_output_that_is_not_finite_is_named(pretrained, make_row):
    params = jax.tree.map(lambda leaf: leaf * np.float32(np.inf), pretrained.params)
    broken = LogRatios(dataclasses.replace(pretrained, params=params), devices=jax.local_devices()[:1])
    with pytest.raises(FloatingPointError, match="row 0: the model's output at <mask> is not finite"):
        broken([masked(make_row(0, 12), 3)], [np.array([[5, 6]])])
