import re

import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_model import AGRONT_1B, AgroNTConfig, check_tokens
from agront_model.embeddings import Embeddings, position_ids


def test_positions_start_after_the_pad_id_and_skip_padding():
    tokens = jnp.array([[3, 7, 8, 1, 1], [3, 1, 8, 9, 1], [1, 1, 1, 1, 1]])
    expected = [[2, 3, 4, 1, 1], [2, 1, 3, 4, 1], [1, 1, 1, 1, 1]]
    np.testing.assert_array_equal(position_ids(tokens, 1), expected)


def test_adds_token_and_position_rows():
    config = AgroNTConfig(vocabulary_size=5, embed_dim=2, num_heads=1, max_tokens=3)
    params = {
        "embeddings/tokens": {"embeddings": jnp.arange(10.0).reshape(5, 2)},
        "embeddings/positions": {"embeddings": 100 * jnp.arange(10.0).reshape(5, 2)},
    }
    embed = hk.without_apply_rng(hk.transform(lambda tokens: Embeddings(config)(tokens)))
    out = embed.apply(params, jnp.array([[3, 4, 1]]))
    # <cls> stands at position 2, the next token at 3, padding at 1.
    np.testing.assert_array_equal(out, [[[406, 507], [608, 709], [202, 303]]])


@pytest.mark.parametrize("dtype", [np.uint16, np.int32, np.int64])
def test_good_tokens_pass(dtype):
    tokens = np.full((2, 1024), 4104, dtype)
    tokens[0, 0] = 0
    assert check_tokens(tokens, AGRONT_1B) is None
    assert check_tokens(jnp.asarray(tokens), AGRONT_1B) is None


@pytest.mark.parametrize("bad", [-1, 4105, 4106])
def test_an_id_outside_the_vocabulary_is_named(bad):
    tokens = np.full((3, 5), 7)
    tokens[1, 4] = tokens[2, 0] = bad
    message = (
        f"tokens[1, 4] (row 1, position 4, from 0) is {bad}, outside the 4105 ids of this model (0 to 4104): "
        "use the tokenizer that belongs to it"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        check_tokens(tokens, AGRONT_1B)


@pytest.mark.usefixtures("unchecked_types")
@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (np.full((1, 1025), 7), "rows of 1025 tokens, but the position table has room for 1024"),
        (np.full(5, 7), r"shape \[rows, tokens\], got \(5,\)"),
        (np.full((2, 5), 7.0), "must be integers, got float64"),
        (np.full((2, 0), 7), "rows of length 0"),
    ],
)
def test_arrays_that_are_no_tokens_are_refused(tokens, message):
    with pytest.raises(ValueError, match=message):
        check_tokens(tokens, AGRONT_1B)


def test_token_ids_are_not_clamped_in_silence(pretrained):
    with pytest.raises(ValueError, match=r"tokens\[0, 1\] .* is 40, outside the 40 ids"):
        pretrained.model.encode(pretrained.params, np.array([[3, 40]]))
    with pytest.raises(ValueError, match="rows of 25 tokens, but the position table has room for 24"):
        jax.jit(pretrained.model.encode)(pretrained.params, np.full((1, 25), 3))
