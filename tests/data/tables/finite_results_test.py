import numpy as np
import pyarrow as pa
import pytest
from agront_data.tables.finite_results import check_finite


def refused(**columns):
    """The message on a batch of three rows, or None."""
    try:
        check_finite(pa.record_batch(columns), lambda row: f"row {row}")
    except FloatingPointError as error:
        return str(error)
    return None


def vectors(*rows):
    return pa.FixedSizeListArray.from_arrays(pa.array(np.array(rows, np.float32).ravel()), len(rows[0]))


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_the_first_bad_row_is_named_with_column_and_value(kind, bad):
    message = refused(id=["a", "b", "c"], score=pa.array([0.5, bad, bad], kind))
    assert message.startswith(f"row 1: score holds {bad}, which is no finite number")


def test_vectors_are_looked_at_number_by_number():
    found = vectors([1, 2], [3, 4], [5, np.nan])
    assert refused(fine=vectors([1, 2], [3, 4], [5, 6]), layer_2=found).startswith("row 2: layer_2 holds nan")
    assert refused(label=found).startswith("row 2: label holds nan")


def test_a_slice_is_looked_at_and_not_what_is_around_it():
    batch = pa.record_batch({"score": pa.array([np.nan, 1.0, np.inf, 2.0])})
    check_finite(batch.slice(1, 1), str)
    with pytest.raises(FloatingPointError, match=r"^1: score holds inf"):
        check_finite(batch.slice(1, 3), str)


def test_labels_missing_results_words_and_whole_numbers_are_no_such_results():
    nan = float("nan")
    labels = {"label": [nan, 1.0, 2.0], "label2": [0.0, float("inf"), 1.0]}
    assert refused(**labels, score=[None, 1.0, None], number=[1, 2, 3], word=["nan", "inf", None]) is None
    assert refused(labelled=[nan, 1.0, 2.0]).startswith("row 0: labelled holds nan")


def test_a_missing_result_hides_none_that_is_not_finite():
    assert refused(score=[None, 1.0, float("nan")]).startswith("row 2: score holds nan")
