import numpy as np
import pytest
from agront_data import encode_sequence, reverse_complement
from agront_data.batches.loss_weights import soft_masked_loss_weights
from agront_tokenizer import KmerTokenizer

TOKENIZER = KmerTokenizer()


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        # <cls>, ATCgtt, ccgtta, TACGAT, c, G, <pad>
        ("ATCgttccgttaTACGATcG", [1, 0.55, 0.1, 1, 0.1, 1, 1]),
        # <cls>, A, N, aCGTAC, n, G, <pad>: the frame starts anew after each N
        ("ANaCGTACnG", [1, 1, 1, 0.85, 0.1, 1, 1]),
        ("", [1, 1, 1, 1, 1, 1, 1]),
    ],
)
def test_by_hand(sequence: str, expected: list[float]) -> None:
    bases = np.full((1, 20), 5, np.uint8)
    bases[0, : len(sequence)] = encode_sequence(sequence)
    weights = soft_masked_loss_weights(bases, TOKENIZER, 7, 0.1)
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights, [expected], rtol=1e-6)


def test_repeats_may_be_left_out() -> None:
    bases = encode_sequence("acgtacACGTACaCGTAC")[None]
    np.testing.assert_allclose(soft_masked_loss_weights(bases, TOKENIZER, 4, 0.0), [[1, 0, 1, 5 / 6]], rtol=1e-6)


def test_the_mask_goes_with_its_base_to_the_other_strand() -> None:
    bases = np.full((1, 16), 5, np.uint8)
    bases[0, :14] = encode_sequence("ACGTACaaCCCCgG")
    # Reversed: Cc GGGG tt GTACGT, so tokens CcGGGG, ttGTAC, G, T.
    weights = soft_masked_loss_weights(reverse_complement(bases), TOKENIZER, 6, 0.4)
    np.testing.assert_allclose(weights, [[1, 0.9, 0.8, 1, 1, 1]], rtol=1e-6)
