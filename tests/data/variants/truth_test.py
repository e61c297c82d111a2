import math

import pytest
from agront_data.variants import SUBSTITUTION_CLASSES, VariantRecord, substitution_class, truths_of

COLUMNS = ("id", "qual", "filter", "info")


def record(info, *alternatives):
    return VariantRecord("v.vcf: line 7", "1", 4, "A", alternatives, ("rs1", "9", "PASS", info))


@pytest.mark.parametrize(
    ("info", "alternatives", "expected"),
    [
        ("LABEL=1", ("C",), [1.0]),
        ("DP=3;LABEL=0.5,-2e-1;DB", ("C", "G"), [0.5, -0.2]),
        ("LABEL=1", ("C", "G"), [1.0, 1.0]),
        ("LABEL=1,.", ("C", "G"), [1.0, math.nan]),
        ("DP=3", ("C",), [math.nan]),
        ("XLABEL=3", ("C",), [math.nan]),
    ],
)
def test_of_info(info, alternatives, expected):
    assert truths_of(record(info, *alternatives), COLUMNS, "LABEL") == pytest.approx(expected, nan_ok=True)


def test_of_a_column():
    row = VariantRecord("v.tsv: line 2", "1", 4, "A", ("C", "G"), ("g1", "0.25,NA"))
    assert truths_of(row, ("gene", "effect"), "effect") == pytest.approx([0.25, math.nan], nan_ok=True)
    with pytest.raises(ValueError, match=r"v\.tsv: line 2: has no column 'label' \(`truth`\); it has gene, effect"):
        truths_of(row, ("gene", "effect"), "label")
    with pytest.raises(ValueError, match=r"line 2: gene .* is 'g1', which is no number"):
        truths_of(row, ("gene", "effect"), "gene")


def test_not_as_many_as_alleles():
    with pytest.raises(ValueError, match=r"line 7: LABEL .* is '1,0': give one value, or one for each of the 3"):
        truths_of(record("LABEL=1,0", "C", "G", "T"), COLUMNS, "LABEL")


@pytest.mark.parametrize(
    ("reference", "alternative", "expected"),
    [
        ("C", "T", "C>T"),
        ("G", "A", "C>T"),
        ("t", "g", "A>C"),
        ("ACG", "ATG", "C>T"),
        ("A", "AT", "other"),
        ("AC", "GT", "other"),
        ("A", "<DEL>", "other"),
        ("A", "N", "other"),
    ],
)
def test_classes(reference, alternative, expected):
    assert substitution_class(reference, alternative) == expected


def test_there_are_six():
    assert SUBSTITUTION_CLASSES == ("A>C", "A>G", "A>T", "C>A", "C>G", "C>T")
