from collections.abc import Callable

import pytest
from agront_data import GenomeStore, HeldOut, PretrainingLoader, RowOrder, WindowGrid, Windows
from agront_data.bases import decode_bases
from agront_data.batches import read_row
from agront_tokenizer import KmerTokenizer, Vocabulary

TOKENIZER = KmerTokenizer(Vocabulary(k=3))
SEQUENCE = "ACGTTGCAAGGCNNNNACctga"
COMPLEMENT = str.maketrans("ACGTacgt", "TGCAtgca")


def test_rows_are_those_of_the_loader_with_their_place(make_store: Callable[..., GenomeStore]) -> None:
    store = make_store({"rice": {"c1": SEQUENCE}})
    grid = WindowGrid.build(store, Windows(length=9, overlap=3), HeldOut())
    order, num_tokens = RowOrder(grid=grid, seed=5), TOKENIZER.num_tokens(9)
    loader = PretrainingLoader(store, grid, TOKENIZER, batch_size=8, num_tokens=num_tokens, seed=5)
    cut, strands = 0, set()
    for number, tokens in enumerate([*next(loader).tokens, *next(loader).tokens]):
        row = read_row(order, number, TOKENIZER)
        expected = SEQUENCE[row.origin.start : row.origin.end]
        if row.origin.strand == "-":
            expected = expected.translate(COMPLEMENT)[::-1]
        assert decode_bases(row.codes) == expected
        assert TOKENIZER.decode(tokens) == expected[: row.num_read].upper()
        assert row.soft_masked_share == pytest.approx(sum(map(str.islower, expected)) / len(expected))
        cut += row.num_read < len(expected)
        strands.add(row.origin.strand)
    assert cut > 0
    assert strands == {"+", "-"}
