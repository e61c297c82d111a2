import pytest
from agront_data.variants import trimmed_alleles


@pytest.mark.parametrize(
    ("alleles", "expected"),
    [
        ((7, "A", "G"), (7, "A", "G")),
        ((7, "a", "g"), (7, "A", "G")),
        ((7, "ACG", "aTg"), (8, "C", "T")),
        ((7, "ACCG", "ATTG"), (8, "CC", "TT")),
        ((7, "ACTG", "GCTA"), (7, "ACTG", "GCTA")),
        ((7, "A", "ATT"), (8, "", "TT")),
        ((7, "CA", "CATA"), (8, "", "AT")),
        ((7, "AAAA", "AA"), (7, "AA", "")),
        ((7, "GAT", "G"), (8, "AT", "")),
        ((7, "ACG", "acg"), (7, "", "")),
        ((7, "", "A"), (7, "", "A")),
    ],
)
def test_what_alleles_share_is_taken_off(alleles, expected):
    assert trimmed_alleles(*alleles) == expected
