import jax.numpy as jnp
import numpy as np
from agront_model.inference.pooling import all_tokens, first_token, mean_of_span

# Two hidden states, two rows, four tokens, one wide.
STATES = jnp.array([[[1, 2, 3, 4], [5, 6, 7, np.nan]], [[10, 20, 30, 40], [50, 60, 70, np.nan]]])[..., None]


def test_mean_of_a_span_by_hand():
    found = mean_of_span(STATES, jnp.array([1, 0]), jnp.array([4, 2]))
    np.testing.assert_array_equal(found[..., 0], [[3, 30], [5.5, 55]])


def test_a_row_of_padding_gives_zeros_and_padding_counts_for_nothing():
    found = mean_of_span(STATES, jnp.array([0, 2]), jnp.array([0, 3]))
    np.testing.assert_array_equal(found[..., 0], [[0, 0], [7, 70]])


def test_sums_are_in_float32_whatever_the_states_are():
    # In bfloat16 the sum of 1,000 ones stops at 256.
    found = mean_of_span(jnp.ones((1, 1, 1000, 1), jnp.bfloat16), jnp.array([0]), jnp.array([1000]))
    assert found.dtype == jnp.float32
    np.testing.assert_array_equal(found, 1)


def test_first_token_and_all_tokens_put_hidden_states_behind_rows():
    np.testing.assert_array_equal(first_token(STATES)[..., 0], [[1, 10], [5, 50]])
    assert all_tokens(STATES).shape == (2, 4, 2, 1)
    np.testing.assert_array_equal(all_tokens(STATES)[0, 2, :, 0], [3, 30])
