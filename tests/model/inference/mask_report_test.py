import numpy as np
import pytest
from agront_model.inference import MaskedPrediction, report_of

NAMES = ["<mask>", "A", "T"]
TOKEN_BASES = np.array([[5], [0], [1]], np.uint8)
LOGITS = np.log(np.array([0.2, 0.6, 0.2], np.float32))


def prediction(position):
    return MaskedPrediction(0, position, np.array([1, 0]), np.array([0.6, 0.2], np.float32), LOGITS)


def test_a_prediction_is_told_by_names_with_its_place():
    masks, spans = np.array([1, 3]), np.array([[0, 0], [0, 1], [1, 4], [4, 5]])
    report = report_of(prediction(3), masks, spans, NAMES, TOKEN_BASES)
    assert (report.mask, report.num_masks, report.start) == (2, 2, 4)
    assert report.tokens == [("A", pytest.approx(0.6)), ("<mask>", pytest.approx(0.2))]
    # The softmax over the two tokens that are bases: 0.6 and 0.2 of 0.8.
    assert report.bases.tolist() == [pytest.approx([0.75, 0.25, 0, 0])]


def test_a_prediction_of_another_row_is_refused():
    with pytest.raises(ValueError, match="2 is not in list"):
        report_of(prediction(2), np.array([1]), np.array([[0, 0], [0, 1], [1, 2]]), NAMES, TOKEN_BASES)
