import numpy as np
import pytest
from agront_model.inference import base_probabilities

# A vocabulary of 2-mers: <unk>, <pad>; AT, AC, GT; the letter A; N. Codes: A T C G N none = 0 1 2 3 4 5.
TOKEN_BASES = np.array([[5, 5], [5, 5], [0, 1], [0, 2], [3, 1], [0, 5], [4, 5]], np.uint8)


def test_sums_over_kmers_by_hand():
    # Among the 2-mers: AT 1/8, AC 5/8, GT 2/8. The rest has no share, however likely.
    logits = np.log([50.0, 1e9, 1, 5, 2, 1e5, 7])
    expected = [[6 / 8, 0, 0, 2 / 8], [0, 3 / 8, 5 / 8, 0]]
    found = base_probabilities(logits, TOKEN_BASES)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-7)
    both = base_probabilities(np.stack([logits, np.zeros(7)])[None], TOKEN_BASES)
    assert both.shape == (1, 2, 2, 4)
    np.testing.assert_allclose(both[0], [expected, [[2 / 3, 0, 0, 1 / 3], [0, 2 / 3, 1 / 3, 0]]], atol=1e-7)


def test_large_logits_do_not_overflow():
    found = base_probabilities(np.array([0, 0, 5000, 5000, -5000, 0, 0], np.float32), TOKEN_BASES)
    np.testing.assert_allclose(found, [[1, 0, 0, 0], [0, 0.5, 0.5, 0]], atol=1e-7)


@pytest.mark.usefixtures("unchecked_types")
@pytest.mark.parametrize(
    ("logits", "token_bases", "message"),
    [
        (np.zeros(6), TOKEN_BASES, r"logits of the shape \(6,\) and token_bases of the shape \(7, 2\) do not belong"),
        (np.zeros(()), TOKEN_BASES, "do not belong together"),
        (np.zeros(7), TOKEN_BASES[:, 0], "do not belong together"),
        (np.zeros(2), TOKEN_BASES[:2], "there is no k-mer to sum over"),
    ],
)
def test_what_does_not_fit_is_refused(logits, token_bases, message):
    with pytest.raises(ValueError, match=message):
        base_probabilities(logits, token_bases)
