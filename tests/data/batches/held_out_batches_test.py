from collections.abc import Callable

import numpy as np
import pytest
from agront_data import GenomeStore, HeldOut, WindowGrid, Windows, held_out_batches
from agront_data.batches import held_out_order
from agront_tokenizer import KmerTokenizer

Make = Callable[..., GenomeStore]
TOKENIZER = KmerTokenizer()
HELD_OUT = HeldOut(contigs=("c2",))


@pytest.fixture
def store(make_store: Make) -> GenomeStore:
    return make_store({"rice": {"c1": "AAAAAAACGTTTN", "c2": "ACGTACTTTTTTGGGGGGCCa"}})


def test_each_held_out_window_once_and_pads_after_the_last(store: GenomeStore) -> None:
    grid = WindowGrid.build(store, Windows(length=6), HELD_OUT, "held_out")
    batches = list(held_out_batches(store, grid, TOKENIZER, batch_size=3, num_tokens=4))
    expected = TOKENIZER.encode_batch(["ACGTAC", "TTTTTT", "GGGGGG", "CCA", "", ""], length=4)
    expected[4:] = TOKENIZER.vocabulary.pad_id
    assert len(batches) == 2
    np.testing.assert_array_equal(np.concatenate([batch.tokens for batch in batches]), expected)
    assert [batch.rows.tolist() for batch in batches] == [[0, 1, 2], [3, 4, 5]]
    assert batches[0].tokens.dtype == np.uint16


def test_an_even_sample_comes_first_and_rows_keep_their_windows_numbers(store: GenomeStore) -> None:
    grid = WindowGrid.build(store, Windows(length=6), HELD_OUT, "held_out")
    order = held_out_order(len(grid), 2)
    assert order.tolist() == [0, 2, 1, 3]
    batches = list(held_out_batches(store, grid, TOKENIZER, batch_size=3, num_tokens=4, order=order))
    expected = TOKENIZER.encode_batch(["ACGTAC", "GGGGGG", "TTTTTT", "CCA", "", ""], length=4)
    expected[4:] = TOKENIZER.vocabulary.pad_id
    np.testing.assert_array_equal(np.concatenate([batch.tokens for batch in batches]), expected)
    assert [batch.rows.tolist() for batch in batches] == [[0, 2, 1], [3, 4, 5]]


@pytest.mark.parametrize(
    ("num_windows", "sample", "expected"),
    [(7, 3, [0, 2, 4, 1, 3, 5, 6]), (5, 1, [0, 1, 2, 3, 4]), (3, 3, [0, 1, 2]), (3, 9, [0, 1, 2]), (2, 0, [0, 1])],
)
def test_order_of_held_out_windows(num_windows: int, sample: int, expected: list[int]) -> None:
    assert held_out_order(num_windows, sample).tolist() == expected


def test_bad_arguments_are_refused_at_the_call(store: GenomeStore) -> None:
    grid = WindowGrid.build(store, Windows(length=6), HELD_OUT, "held_out")
    with pytest.raises(ValueError, match="batch_size is 0"):
        held_out_batches(store, grid, TOKENIZER, batch_size=0, num_tokens=4)
    with pytest.raises(ValueError, match="6 bases makes 2 tokens, more than num_tokens=1"):
        held_out_batches(store, grid, TOKENIZER, batch_size=1, num_tokens=1)
