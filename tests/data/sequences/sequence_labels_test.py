import pytest
from agront_data.sequences.sequence_labels import LabelTypes, label_names, split_labels


@pytest.mark.parametrize(
    ("name", "identifier", "labels"),
    [
        ("id|1", "id", ("1",)),
        ("name|0.73", "name", ("0.73",)),
        ("chr1:10-20|0|1|1", "chr1:10-20", ("0", "1", "1")),
        ("gene|leaf", "gene", ("leaf",)),
        ("gene|", "gene", ("",)),
        ("NC_000932.1", "NC_000932.1", ()),
        ("lcl|NC_003070.9_gene_1", "lcl|NC_003070.9_gene_1", ()),
        ("gi|7525012|ref|NC_000932.1|", "gi|7525012|ref|NC_000932.1|", ()),
        ("ENA|LR862139|LR862139.1", "ENA|LR862139|LR862139.1", ()),
        ("|1", "|1", ()),
    ],
)
def test_labels_follow_the_identifier_but_not_a_database_tag(name, identifier, labels):
    assert split_labels(name) == (identifier, labels)


def test_names_of_columns():
    assert [label_names(count) for count in range(4)] == [
        [],
        ["label"],
        ["label", "label2"],
        ["label", "label2", "label3"],
    ]


@pytest.mark.parametrize(
    ("labels", "types"),
    [
        ([("1",), ("0",)], ("int64",)),
        ([("1",), ("-0.5",)], ("float64",)),
        ([("1",), ("1e-3",), ("nan",)], ("float64",)),
        ([("1",), ("leaf",), ("0.5",)], ("string",)),
        ([("1_000",)], ("string",)),  # int("1_000") is 1000
        ([("99999999999999999999",)], ("string",)),  # neither an integer nor a float has so many digits
        ([("1",), ("00012",)], ("string",)),
        ([("0",), ("-0.5",), (".5",), ("0.10",)], ("float64",)),
        ([("00.5",)], ("string",)),
        ([("1e400",)], ("string",)),  # a float would be infinite
        ([("1",), ("",)], ("float64",)),  # whole numbers have no NaN
        ([("1", "2"), ("1",)], ("int64", "float64")),
        ([("1",), ("1", "x")], ("int64", "string")),
        ([(), ()], ()),
    ],
)
def test_a_column_has_the_narrowest_type_that_holds_all(labels, types):
    found = LabelTypes()
    for each in labels:
        found.add(each)
    assert found.result() == types
