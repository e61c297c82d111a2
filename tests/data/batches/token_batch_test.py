import pytest
from agront_data import encode_sequence
from agront_data.batches import count_bases_read
from agront_tokenizer import KmerTokenizer, Vocabulary

TOKENIZER = KmerTokenizer(Vocabulary(k=3))


@pytest.mark.parametrize(
    ("sequence", "num_bases"),
    [
        ("AAACCCGGG", 9),
        ("AAAcccggg", 9),
        ("NAACCCGGG", 7),  # N AAC CCG, of four tokens with <cls>
        ("AAANNCGGG", 5),  # AAA N N
        ("AANNCGGGG", 3),  # A A N
        ("AAAC", 4),
    ],
)
def test_bases_that_a_row_of_three_tokens_after_cls_holds(sequence: str, num_bases: int) -> None:
    assert count_bases_read(encode_sequence(sequence), TOKENIZER, 4) == num_bases
