import itertools

import numpy as np
import pytest
from agront_model.inference.length_batches import length_buckets, plan_batches, power_of_four
from hypothesis import given
from hypothesis import strategies as st


def mixed_lengths(count):
    """Tokens of sequences of 170 to 6,000 bp, log-uniform: 6-mers, the rest as single letters, and <cls>."""
    bases = np.exp(np.random.default_rng(count).uniform(np.log(170), np.log(6000), count)).astype(int)
    return (bases // 6 + bases % 6 + 1).tolist()


def shapes_of(batches):
    return {(batch.length, batch.num_rows) for batch in batches}


def computed(batches):
    return sum(batch.length * batch.num_rows for batch in batches)


@pytest.mark.parametrize("max_tokens", [1, 7, 24, 100, 1024, 2048])
def test_bucket_lengths_grow_by_no_more_than_a_third_up_to_the_context(max_tokens):
    buckets = length_buckets(max_tokens)
    assert buckets[-1] == max_tokens
    assert buckets[0] <= 32
    assert all(length % 8 == 0 for length in buckets[:-1])
    assert all(1 < above / below <= 4 / 3 for below, above in itertools.pairwise(buckets))


def test_the_published_context_has_17_lengths():
    assert len(length_buckets(1024)) == 17


@given(
    st.lists(st.integers(1, 96), min_size=1, max_size=300), st.sampled_from([1, 90, 512, 4096]), st.sampled_from([1, 3])
)
def test_every_sequence_stands_in_one_batch_that_it_fits(lengths, batch_tokens, num_devices):
    batches = plan_batches(lengths, 96, batch_tokens=batch_tokens, num_devices=num_devices)
    members = [member for batch in batches for member in batch.members]
    assert sorted(members) == list(range(len(lengths)))
    for batch in batches:
        assert batch.length in length_buckets(96)
        assert max(lengths[member] for member in batch.members) <= batch.length
        assert 0 < len(batch.members) <= batch.num_rows
        assert batch.num_rows % num_devices == 0
        rows_each = batch.num_rows // num_devices
        assert rows_each == 1 or rows_each * batch.length <= batch_tokens
    assert [batch.length for batch in batches] == sorted((batch.length for batch in batches), reverse=True)


@pytest.mark.parametrize(
    ("count", "most_computed", "most_shapes"),
    [(5, 1.35, 5), (50, 1.6, 8), (200, 1.3, 13), (1000, 1.18, 18), (20_000, 1.13, 18)],
)
def test_mixed_lengths_lose_little_to_padding_in_few_shapes(count, most_computed, most_shapes):
    lengths = mixed_lengths(count)
    batches = plan_batches(lengths, 1024, batch_tokens=4096)
    assert computed(batches) < most_computed * sum(lengths)
    assert len(shapes_of(batches)) <= most_shapes


def test_parts_of_a_large_input_meet_the_same_shapes():
    lengths = mixed_lengths(20_000)
    parts = [plan_batches(lengths[start : start + 500], 1024, batch_tokens=4096) for start in range(0, 20_000, 500)]
    assert len(set.union(*map(shapes_of, parts))) <= 25
    assert sum(map(computed, parts)) < 1.2 * sum(lengths)


def test_a_single_short_sequence_is_one_short_row():
    assert plan_batches([29], 1024, batch_tokens=4096) == [(32, 1, (0,))]
    assert plan_batches([29], 1024, batch_tokens=4096, num_devices=4) == [(32, 4, (0,))]


def test_equal_lengths_make_full_batches_and_one_for_the_rest():
    batches = plan_batches([128] * 67, 1024, batch_tokens=144 * 28)
    assert sorted((batch.length, batch.num_rows, len(batch.members)) for batch in batches) == [
        (144, 16, 11),
        (144, 28, 28),
        (144, 28, 28),
    ]


def test_rows_left_over_go_into_a_full_batch_where_another_shape_would_not_pay():
    # 20 of 36 rows: 16 of padding, against 12 and a compilation.
    batches = plan_batches([112] * 92, 1024, batch_tokens=4096)
    assert [(batch.num_rows, len(batch.members)) for batch in batches] == [(36, 20), (36, 36), (36, 36)]


def test_a_few_left_over_move_up_to_where_there_is_room():
    # One row of 32 tokens would have a shape of its own; padded to 40 it costs 8 tokens.
    assert plan_batches([40] * 100 + [32], 1024, batch_tokens=4096) == [
        (40, 102, (100, *range(100))),
    ]
    # Many do not move.
    lengths = {batch.length for batch in plan_batches([1000] * 4 + [32] * 128, 1024, batch_tokens=4096)}
    assert lengths == {32, 1024}


@pytest.mark.parametrize(("count", "expected"), [(0, 1), (1, 1), (2, 4), (4, 4), (5, 16), (16, 16), (17, 64)])
def test_places_are_rounded_up_to_a_power_of_four(count, expected):
    assert power_of_four(count) == expected
