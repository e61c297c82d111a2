import numpy as np
import pytest
from agront_tokenizer import KmerTokenizer, Vocabulary

TOKENIZER = KmerTokenizer()


def test_spans_of_ids_by_hand() -> None:
    # <cls> AAAAAA <mask> A N GGGGGG <pad> <pad>
    spans = TOKENIZER.spans_of_ids(np.array([3, 4, 2, 4100, 4104, 4099, 1, 1], np.uint16))
    assert spans.tolist() == [[0, 0], [0, 6], [6, 12], [12, 13], [13, 14], [14, 20], [20, 20], [20, 20]]
    assert spans.dtype == np.int64
    assert KmerTokenizer(Vocabulary(k=3)).spans_of_ids([3, 2, 4]).tolist() == [[0, 0], [0, 3], [3, 6]]
    assert TOKENIZER.spans_of_ids([]).shape == (0, 2)


def test_spans_of_bases_are_those_of_the_same_letters() -> None:
    bases = np.random.default_rng(4).choice(5, (20, 90), p=[0.24, 0.24, 0.24, 0.24, 0.04]).astype(np.uint8)
    for row in bases:
        ids = TOKENIZER.encode_bases(row[None])[0]
        assert TOKENIZER.spans_of_ids(ids).tolist() == TOKENIZER.token_spans("".join("ATCGN"[b] for b in row)).tolist()


@pytest.mark.usefixtures("unchecked_types")
def test_ids_without_a_length_have_no_spans() -> None:
    with pytest.raises(ValueError, match=r"^the token at position 2 is <unk>, of which no length is known"):
        TOKENIZER.spans_of_ids([3, 4, 0, 4])
    with pytest.raises(ValueError, match=r"^id 4105 at position 1 is outside the vocabulary"):
        TOKENIZER.spans_of_ids([3, 4105])
    with pytest.raises(ValueError, match=r"^ids must be integers in one dimension, not int64\[1, 2\]"):
        TOKENIZER.spans_of_ids([[3, 4]])  # type: ignore[list-item]
