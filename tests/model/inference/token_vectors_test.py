import dataclasses

import jax
import numpy as np
import pytest
from agront_model.inference import TokenVectors


@pytest.fixture(scope="module")
def token_vectors(pretrained):
    return {layer: TokenVectors(pretrained, layer=layer, devices=jax.local_devices()[:1]) for layer in (-1, 1)}


@pytest.mark.parametrize("layer", [-1, 1])
def test_equals_each_row_alone(pretrained, make_row, token_vectors, layer):
    rows, positions = [make_row(0, 36), make_row(1, 64), make_row(2, 2), make_row(1, 64)], [35, 7, 1, 0]
    finished = []
    found = token_vectors[layer](rows, positions, finished.append)
    assert sum(finished) == 4
    assert (found.dtype, found.shape) == (np.float32, (4, 2, pretrained.config.embed_dim))
    for row, position, (at_position, mean) in zip(rows, positions, found, strict=True):
        encoding = pretrained.model.encode(pretrained.params, row[None], hidden_states=True)
        states = np.asarray(encoding.hidden_states[layer][0], np.float64)
        np.testing.assert_allclose(at_position, states[position], atol=2e-5)
        np.testing.assert_allclose(mean, states[1:].mean(axis=0), atol=2e-5)


def test_no_rows(pretrained, token_vectors):
    assert token_vectors[-1]([], []).shape == (0, 2, pretrained.config.embed_dim)


def test_what_cannot_be_computed_is_refused(pretrained, make_row, token_vectors):
    with pytest.raises(ValueError, match="row 1 has 65 tokens, and the context holds 64"):
        token_vectors[-1]([make_row(0, 12), make_row(0, 65)], [1, 1])
    for position in (-1, 12):
        with pytest.raises(ValueError, match=f"row 0 has 12 tokens, and the one at {position} is asked for"):
            token_vectors[-1]([make_row(0, 12)], [position])
    with pytest.raises(ValueError, match="shorter"):
        token_vectors[-1]([make_row(0, 12), make_row(0, 12)], [1])
    with pytest.raises(ValueError, match=r"`layer`: no hidden state 9; they count from 0, the embedded tokens, to"):
        TokenVectors(pretrained, layer=9)


def test_output_that_is_not_finite_is_named(pretrained, make_row):
    params = jax.tree.map(lambda leaf: leaf * np.float32(np.inf), pretrained.params)
    broken = TokenVectors(dataclasses.replace(pretrained, params=params), devices=jax.local_devices()[:1])
    with pytest.raises(FloatingPointError, match="row 0: the model's output is not finite"):
        broken([make_row(0, 12)], [3])
