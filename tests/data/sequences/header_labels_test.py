import pytest
from agront_data.sequences.header_labels import HeaderLabels


def labels_of(*headers):
    labels = HeaderLabels()
    for header in headers:
        labels.add(header)
    return labels


@pytest.mark.parametrize(
    ("headers", "types"),
    [
        (["AT1G21090.1|0", "AT1G07051.1|1"], ("int64",)),
        (["chr1:0-9|0.5|1", "chr1:9-18|-1.25|0"], ("float64", "int64")),
        (["a|1", "a|1", "b|0"], ("int64",)),  # one record, twice or in tiles: two ids are no more than in the file
    ],
)
def test_numbers_behind_different_ids_are_labels(headers, types):
    labels = labels_of(*headers)
    assert labels.are_split("auto")
    assert labels.types("auto") == labels.types("split") == types
    assert labels.note("auto") == f"{len(types)} column{'s' * (len(types) > 1)} from headers such as {headers[0]!r}"
    assert not labels.are_split("none")
    assert labels.types("none") == ()


@pytest.mark.parametrize(
    "headers",
    [
        ["000000F|arrow", "000001F|arrow"],
        ["scaffold_1|size4005", "scaffold_2|size3999"],
        ["chr1|00012", "chr2|00013"],
        ["jgi|11|a", "jgi|12|b"],
        ["chr1|100|200", "chr1|200|300"],
        ["a|1", "b|1|2"],
        ["a|1", "b"],
        ["b", "a|1"],
        ["a|1", "b|"],
        ["a|1"],
    ],
)
def test_other_headers_are_names_as_a_whole_unless_one_asks(headers):
    labels = labels_of(*headers)
    assert not labels.are_split("auto")
    assert labels.types("auto") == ()
    example = next(header for header in headers if "|" in header)
    assert f"none: headers such as {example!r} stay whole; --labels split" in labels.note("auto")
    assert labels.are_split("split")
    assert labels.types("split")


@pytest.mark.parametrize("split", ["auto", "split", "none"])
def test_identifiers_of_databases_and_names_without_a_bar_have_no_labels(split):
    labels = labels_of("ENA|LR862139|LR862139.1", "gi|7525012|ref|NC_000932.1|", "chr1")
    assert (labels.are_split(split), labels.types(split)) == (False, ())
    note = "none: no header has a '|' that divides labels from an id"
    assert labels.note(split) == (note if split == "split" else "")
