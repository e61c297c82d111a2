import numpy as np
from agront_data.sequences import InputSequence
from agront_data.tables import EmbeddingTable
from agront_tokenizer import KmerTokenizer


def sequence(name, letters, contig=None, start=0, end=None, strand="+", labels=()):
    place = contig or name, start, len(letters) if end is None else end, strand
    return InputSequence(name, "rice", *place, labels, KmerTokenizer().encode(letters))


def vectors(rows, layers=1, width=5, first=0):
    """Embeddings that are all different: [rows, layers, D]."""
    return np.arange(first, first + rows * layers * width, dtype=np.float32).reshape(rows, layers, width)


def test_a_row_a_sequence():
    table = EmbeddingTable(layers=(0, 2), embed_dim=5, label_types=("int64", "string"))
    rows = [
        sequence("a", "ACGTACGT", labels=("1", "leaf")),
        sequence("a", "ACG", contig="chr1", start=7, end=10, strand="-", labels=("0",)),
    ]
    batch = table.batch(rows, vectors(2, layers=2), np.array([1, 3]))
    assert batch.drop_columns(["embedding_layer_0", "embedding_layer_2"]).to_pylist() == [
        {"id": "a", "species": "rice", "contig": "a", "start": 0, "end": 8, "strand": "+",
         "label": 1, "label2": "leaf", "num_tokens": 4, "num_tiles": 1},
        {"id": "a", "species": "rice", "contig": "chr1", "start": 7, "end": 10, "strand": "-",
         "label": 0, "label2": None, "num_tokens": 4, "num_tiles": 3},
    ]  # fmt: skip
    assert batch.column("embedding_layer_0").to_pylist() == [[0, 1, 2, 3, 4], [10, 11, 12, 13, 14]]
    assert batch.column("embedding_layer_2").to_pylist() == [[5, 6, 7, 8, 9], [15, 16, 17, 18, 19]]
    assert batch.schema == table.schema


def test_one_layer_is_called_embedding():
    assert EmbeddingTable(layers=(40,), embed_dim=5).schema.names[-1] == "embedding"


def test_a_row_a_token_with_the_bases_it_stands_for():
    table = EmbeddingTable(layers=(2,), embed_dim=5, tokenizer=KmerTokenizer())
    rows = [
        sequence("plus", "ACGTACGNA", contig="chr1", start=100, end=109),
        # The bases 200 to 208 of the forward strand, read backwards: the first token is the last six of them.
        sequence("minus", "ACGTACGT", contig="chr1", start=200, end=208, strand="-"),
    ]
    batch = table.batch(rows, [vectors(5), vectors(4, first=25)], np.array([1, 1]))
    places = [(row["id"], row["token"], row["token_start"], row["token_end"]) for row in batch.to_pylist()]
    assert places == [
        ("plus", "<cls>", 100, 100),
        ("plus", "ACGTAC", 100, 106),
        ("plus", "G", 106, 107),
        ("plus", "N", 107, 108),
        ("plus", "A", 108, 109),
        ("minus", "<cls>", 208, 208),
        ("minus", "ACGTAC", 202, 208),
        ("minus", "G", 201, 202),
        ("minus", "T", 200, 201),
    ]
    assert np.array_equal(batch.column("embedding").to_pylist(), np.arange(45).reshape(9, 5))
    assert batch.column("start").to_pylist() == [100] * 5 + [200] * 4
