import logging

import jax
import numpy as np
import pytest
from agront_model.inference import Embedder, embed

LENGTHS = [36, 64, 2, 36, 64, 32, 2, 32, 36, 64, 36, 36]


@pytest.fixture(scope="module")
def rows(make_row):
    return [make_row(seed, length) for seed, length in enumerate(LENGTHS)]


@pytest.fixture(scope="module")
def long_row(make_row):
    """Two tiles, as in `tiles_test.test_two_tiles_laid_by_hand`."""
    return make_row(99, 80)


def merged_by_hand(states_of, row):
    first, second = states_of(row[:64]), states_of(np.concatenate([row[:1], row[17:]]))
    cls = (40 * first[:1] + 39 * second[:1]) / 79
    return np.concatenate([cls, first[1:41], second[25:]])


POOLED = {"mean": lambda states: states[1:].mean(0), "cls": lambda states: states[0], "tokens": lambda states: states}


@pytest.mark.parametrize(("pool", "num_devices"), [("mean", 1), ("mean", 4), ("cls", 4), ("tokens", 2)])
def test_equals_each_row_encoded_alone_in_order(pretrained, states_of, rows, long_row, pool, num_devices):
    if jax.local_device_count() < num_devices:
        pytest.skip(f"needs {num_devices} devices, virtual ones will do")
    given = [*rows[:6], long_row, *rows[6:]]
    embedder = Embedder(
        pretrained, pool=pool, layers=(0, -2, 2), batch_tokens=128, devices=jax.local_devices()[:num_devices]
    )
    finished = []
    vectors, num_tiles = embedder(given, finished.append)
    assert num_tiles.tolist() == [1] * 6 + [2] + [1] * 6
    assert sum(finished) == 13
    assert len(finished) > 1
    assert len(vectors) == len(given)
    for row, vector in zip(given, vectors, strict=True):
        states = merged_by_hand(states_of, row) if len(row) > 64 else states_of(row)
        assert vector.dtype == np.float32
        np.testing.assert_allclose(vector, POOLED[pool](states)[..., [0, 1, 2], :], atol=1e-5)
    assert isinstance(vectors, list) == (pool == "tokens")


def test_defaults_are_the_mean_of_the_last_hidden_state(pretrained, states_of, rows):
    vectors, num_tiles = embed(pretrained, rows[:2])
    assert vectors.shape == (2, 1, 30)
    np.testing.assert_allclose(vectors[1, 0], states_of(rows[1])[1:, -1].mean(0), atol=1e-5)
    np.testing.assert_array_equal(num_tiles, [1, 1])


def test_the_last_layer_alone_and_any_order_of_layers(pretrained, rows):
    some = embed(pretrained, rows[:3], layers=(1, 2, 1, 0, -1)).vectors
    np.testing.assert_allclose(some[:, [1]], embed(pretrained, rows[:3]).vectors, atol=1e-6)
    np.testing.assert_array_equal(some[:, 0], some[:, 2])
    np.testing.assert_array_equal(some[:, 1], some[:, 4])
    assert np.abs(some[:, 0] - some[:, 3]).max() > 0.1


def test_a_row_of_many_tiles_has_a_vector_for_each_token(pretrained, states_of, make_row):
    row = make_row(5, 300)
    (vectors,), num_tiles = embed(pretrained, [row], pool="tokens", overlap=23)
    assert vectors.shape == (300, 1, 30)
    # 299 tokens, 63 a tile, of which 23 are shared: (299 - 23) / 40, rounded up.
    assert num_tiles.tolist() == [7]
    assert len(np.unique(vectors.round(3), axis=0)) == 300
    # At the ends, half the shared tokens at least belong to the outer tile.
    np.testing.assert_allclose(vectors[1:51, 0], states_of(row[:64])[1:51, -1], atol=1e-5)
    np.testing.assert_allclose(vectors[-50:, 0], states_of(np.concatenate([row[:1], row[-63:]]))[-50:, -1], atol=1e-5)


def compiled_programs(caplog):
    """Of JAX's own log, those that are mapped over devices."""
    messages = [record.getMessage() for record in caplog.records]
    return [message for message in messages if message.startswith("Compiling") and "'devices'" in message]


def test_compiles_once_for_each_shape_and_counts(pretrained, rows, caplog):
    embedder = Embedder(pretrained, batch_tokens=128, devices=jax.local_devices()[:1])
    assert embedder.num_compilations == 0
    with caplog.at_level(logging.WARNING), jax.log_compiles():
        first = embedder(rows[:6])
        assert embedder.num_compilations == len(compiled_programs(caplog)) > 1
        again = embedder([row.astype(np.int64) for row in rows[:6]])
        assert embedder.num_compilations == len(compiled_programs(caplog))
        embedder([rows[0]] * 7)
        assert embedder.num_compilations == len(compiled_programs(caplog))
    np.testing.assert_array_equal(first.vectors, again.vectors)


def test_the_share_of_padding_by_hand(pretrained, make_row):
    embedder = Embedder(pretrained, batch_tokens=10**6, devices=jax.local_devices()[:1])
    assert embedder.padding_share == 0
    embedder([make_row(seed, 30) for seed in range(3)])
    # Three rows of 30 tokens as four of 32.
    assert embedder.padding_share == pytest.approx(1 - 90 / 128)


@pytest.mark.usefixtures("unchecked_types")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pool": "max"}, "pool must be 'mean', 'cls' or 'tokens', got 'max'"),
        ({"layers": ()}, "`layers` is empty: name at least one"),
        ({"layers": (0, 3)}, r"no hidden state 3; they count from 0, the embedded tokens, to 2.*from -3 to -1"),
        ({"layers": (-4,)}, "no hidden state -4"),
        ({"overlap": 63}, r"`overlap` must lie in \[0, 63\)"),
        ({"batch_tokens": 0}, "batch_tokens must be at least 1, got 0"),
        ({"devices": []}, "no devices: name at least one"),
        ({"devices": jax.local_devices()[:1] * 2}, "a device stands twice"),
    ],
)
def test_bad_options_are_refused_before_anything_is_computed(pretrained, options, message):
    with pytest.raises(ValueError, match=message):
        Embedder(pretrained, **options)


def test_a_bad_row_is_named(pretrained, rows):
    with pytest.raises(ValueError, match="row 1 holds <cls> alone"):
        embed(pretrained, [rows[0], rows[1][:1]])
