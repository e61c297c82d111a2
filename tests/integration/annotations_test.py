"""Annotations are checked wherever tests call a package: `tests/conftest.py` switches that on."""

import jax
import numpy as np
import pytest
from agront_data import reverse_complement
from agront_model.inference import base_probabilities
from agront_tokenizer import AGRONT_VOCABULARY, KmerTokenizer
from agront_train import MaskingConfig
from agront_train.tasks import mask_tokens
from jaxtyping import TypeCheckError

TWO_ROWS = np.full((2, 5), 4, np.uint16)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        pytest.param(KmerTokenizer().encode_bases, (np.zeros(6, np.uint8),), id="tokenizer: [W] for [B, W]"),
        pytest.param(reverse_complement, (np.zeros(6, np.int64),), id="data: int64 for uint8"),
        pytest.param(base_probabilities, (np.zeros(6), np.zeros((7, 2), np.uint8)), id="model: 6 logits of 7 tokens"),
        pytest.param(
            mask_tokens,
            (jax.random.key(0), TWO_ROWS, np.arange(3), AGRONT_VOCABULARY, MaskingConfig()),
            id="train: 3 numbers of 2 rows",
        ),
    ],
)
def test_a_wrong_shape_or_dtype_is_an_error_under_test(function, arguments):
    with pytest.raises(TypeCheckError, match="Type-check error whilst checking the parameters"):
        function(*arguments)


@pytest.mark.usefixtures("unchecked_types")
def test_a_test_can_ask_for_what_the_library_itself_says():
    with pytest.raises(ValueError, match=r"bases must be a NumPy array uint8\[B, W\], not uint8\[6\]"):
        KmerTokenizer().encode_bases(np.zeros(6, np.uint8))
