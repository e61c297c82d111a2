import numpy as np
import pyarrow as pa
import pytest
from agront_data.tables.record_batches import as_numpy, regroup, row_bytes


@pytest.mark.parametrize("sizes", [[3, 4, 5], [12], [1] * 12, [0, 5, 0, 7], [2, 10]])
@pytest.mark.parametrize("rows", [1, 4, 5, 12, 20])
def test_regrouping_keeps_order_and_makes_full_batches(sizes, rows):
    numbers = iter(range(12))
    batches = [pa.record_batch({"x": pa.array([next(numbers) for _ in range(size)], pa.int64())}) for size in sizes]
    found = list(regroup(batches, rows))
    assert [x for batch in found for x in batch.column("x").to_pylist()] == list(range(12))
    assert [batch.num_rows for batch in found] == [min(rows, 12 - first) for first in range(0, 12, rows)]


def test_what_is_missing_is_an_empty_word_or_nan():
    assert as_numpy(pa.array(["a", None])).tolist() == ["a", ""]
    assert np.isnan(as_numpy(pa.array([1.0, None]))).tolist() == [False, True]


def test_vectors_are_rows_of_an_array():
    flat = pa.array(np.arange(12, dtype=np.float32))
    column = pa.FixedSizeListArray.from_arrays(flat, 3)
    assert as_numpy(column.slice(1, 2)).tolist() == [[3, 4, 5], [6, 7, 8]]


def test_missing_whole_numbers_are_refused():
    with pytest.raises(ValueError, match="make it float64"):
        as_numpy(pa.array([1, None]))


def test_the_size_of_a_row_is_that_of_its_vectors():
    words = [("id", pa.string()), ("start", pa.int64())]
    assert row_bytes(pa.schema([*words, ("a", pa.list_(pa.float32(), 5)), ("b", pa.list_(pa.float64(), 2))])) == 36
    assert row_bytes(pa.schema(words)) == 16
