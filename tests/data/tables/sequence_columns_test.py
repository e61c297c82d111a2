import numpy as np
import pyarrow as pa
import pytest
from agront_data.sequences import InputSequence
from agront_data.tables import TOKEN_FIELDS, sequence_columns, sequence_fields, token_columns
from agront_tokenizer import KmerTokenizer, Vocabulary

TOKENIZER = KmerTokenizer(Vocabulary(k=3))


def sequence(name, start, strand, labels, letters):
    return InputSequence(name, "rice", "chr1", start, start + len(letters), strand, labels, TOKENIZER.encode(letters))


@pytest.fixture
def sequences():
    return [sequence("a", 10, "+", ("1", "x"), "ACGTA"), sequence("b", 100, "-", ("2",), "ACGT")]


def test_a_sequence_has_its_place_its_labels_and_its_tokens(sequences):
    types = ("int64", "string")
    schema = pa.schema(sequence_fields(types))
    columns = sequence_columns(sequences, types)
    batch = pa.record_batch([columns[name] for name in schema.names], schema=schema)
    assert batch.to_pylist() == [
        {"id": "a", "species": "rice", "contig": "chr1", "start": 10, "end": 15, "strand": "+", "label": 1,
         "label2": "x", "num_tokens": 4},
        {"id": "b", "species": "rice", "contig": "chr1", "start": 100, "end": 104, "strand": "-", "label": 2,
         "label2": None, "num_tokens": 3},
    ]  # fmt: skip


def test_tokens_have_their_bases_on_the_contig_on_either_strand(sequences):
    columns = token_columns(sequences, TOKENIZER)
    assert list(columns) == [name for name, _ in TOKEN_FIELDS]
    assert columns["token"].to_pylist() == ["<cls>", "ACG", "T", "A", "<cls>", "ACG", "T"]
    assert columns["token_start"].to_pylist() == [10, 10, 13, 14, 104, 101, 100]
    assert columns["token_end"].to_pylist() == [10, 13, 14, 15, 104, 104, 101]
    assert [columns[name].type for name, _ in TOKEN_FIELDS] == [kind for _, kind in TOKEN_FIELDS]


def test_without_sequences_the_columns_are_empty():
    columns = {**sequence_columns([], ("float64",)), **token_columns([], TOKENIZER)}
    assert {len(column) for column in columns.values()} == {0}
    assert columns["label"].type == pa.float64()
    assert np.dtype(columns["token_start"].type.to_pandas_dtype()) == np.int64
