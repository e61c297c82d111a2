import math

import numpy as np
import pytest
from agront_data.labelled import LabelScale, guess_kind, learn_scale

SOURCES = ["t.csv: line 2", "t.csv: line 3", "t.csv: line 4", "t.csv: line 5"]


def test_binary():
    scale = learn_scale([["0"], ["1"], [""], ["True"]], SOURCES, ["y"], "binary")
    np.testing.assert_array_equal(scale.encode([["1"], ["NA"], ["0.0"]], SOURCES[:3]), [[1], [math.nan], [0]])
    np.testing.assert_allclose(scale.decode(np.array([[0.0], [math.log(3)]])), [[0.5], [0.75]])
    assert scale.num_outputs == 1


def test_classes_are_numbered_in_their_order():
    rows = [["10"], ["9"], ["b"], ["a"]]
    scale = learn_scale(rows, SOURCES, ["kind"], "classes")
    assert scale.classes == ("9", "10", "a", "b")
    np.testing.assert_array_equal(scale.encode([["b"], [""], [" 9 "]], SOURCES[:3]), [[3], [math.nan], [0]])
    found = scale.decode(np.array([[0.0, 0.0, math.log(2), 1000.0], [5.0, 5.0, 5.0, 5.0]]))
    np.testing.assert_allclose(found, [[0, 0, 0, 1], [0.25] * 4], atol=1e-12)
    with pytest.raises(
        ValueError, match=r"line 2: kind is 'c', a class that no sequence to train on has; those have 9"
    ):
        scale.encode([["c"]], SOURCES[:1])


def test_numbers_are_standardised():
    scale = learn_scale([["1", "5"], ["3", ""], ["5", "7"]], SOURCES[:3], ["a", "b"], "regression")
    assert scale.means == (3, 6)
    assert scale.deviations == (pytest.approx(math.sqrt(8 / 3)), 1)
    encoded = scale.encode([["3", "8"], ["", "6"]], SOURCES[:2])
    np.testing.assert_allclose(encoded, [[0, 2], [math.nan, 0]])
    np.testing.assert_allclose(scale.decode(np.array([[1.0, -1.0]])), [[3 + math.sqrt(8 / 3), 5]])
    assert LabelScale.from_json(scale.to_json()) == scale


@pytest.mark.parametrize(
    ("rows", "names", "kind", "message"),
    [
        ([["0"], ["2"]], ["y"], "binary", r"line 3: y is '2'; binary labels are 0 or 1"),
        ([["1"], ["1"]], ["y"], "binary", r"y: of the sequences to train on all are 1; labels must differ"),
        ([[""], ["nan"]], ["y"], "regression", r"y: of the sequences to train on all are missing"),
        ([["1.5"], ["x"]], ["y"], "regression", r"line 3: y is 'x', which is no number"),
        ([["1.5"], ["inf"]], ["y"], "regression", r"line 3: y is 'inf'; a label must be finite"),
        ([["a"], ["a"]], ["y"], "classes", r"y: all sequences to train on have the class 'a'; classes must differ"),
        ([[""], [""]], ["y"], "classes", r"y: all sequences to train on lack a class"),
        ([["0", "1"]], ["y", "z"], "binary", r"binary labels are one column, and 2 are named: y, z"),
        ([["0"]], ["y"], "multi-label", r"multi-label needs two label columns or more, and y alone is named"),
    ],
)
def test_labels_that_teach_nothing(rows, names, kind, message):
    with pytest.raises(ValueError, match=message):
        learn_scale(rows, SOURCES[: len(rows)], names, kind)


@pytest.mark.parametrize(
    ("rows", "kind"),
    [
        ([["0"], ["1"], [""]], "binary"),
        ([["0", "1"], ["1", ""]], "multi-label"),
        ([["0"], ["2"]], "regression"),
        ([["0.5", "1"]], "regression"),
        ([["leaf"], ["1"]], "classes"),
    ],
)
def test_kinds_are_guessed(rows, kind):
    assert guess_kind(rows) == kind
