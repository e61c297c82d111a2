import numpy as np
import pytest
from agront_model.inference import check_rows

ROW = [3, 5, 6]


@pytest.mark.usefixtures("unchecked_types")
@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no rows: give at least one"),
        ([ROW, []], "row 1 is empty: it must hold <cls> and"),
        ([ROW, [3]], r"row 1 holds <cls> alone \(an empty sequence\?\)"),
        (np.array(ROW), r"row 0 has the shape \(\): give a list of one-dimensional arrays"),
        ([ROW, [ROW]], r"row 1 has the shape \(1, 3\): give a list"),
        ([ROW, [3.0, 5.0]], "row 1 is of type float64: token ids are integers"),
        ([ROW, [3, 5, 40]], r"row 1, position 2: 40 is outside the 40 ids of this model \(0 to 39\)"),
        ([ROW, [3, -1, 5]], "row 1, position 1: -1 is outside"),
        ([ROW, [3, 5, 1, 6, 1]], "row 1, position 2: 1 is <pad>. Give rows without padding"),
        ([ROW, [4, 5, 6]], "row 1 begins with token 4 and row 0 with 3: each must begin with <cls>"),
        ([[2, 5, 6]], "row 0 begins with <mask>: the first token must be <cls>"),
    ],
)
def test_bad_rows_are_refused_by_number(config, rows, message):
    with pytest.raises(ValueError, match=message):
        check_rows(rows, config)


def test_rows_of_any_integer_type_and_length_pass(config):
    rows = [np.array(ROW, dtype) for dtype in (np.uint16, np.int64, np.uint8)] + [ROW, ROW + [39] * 100]
    for checked, row in zip(check_rows(rows, config), rows, strict=True):
        np.testing.assert_array_equal(checked, row)
