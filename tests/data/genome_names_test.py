import pytest
from agront_data.genome_names import first_names, unknown_names

KNOWN = ["oryza_sativa", "zea_mays", "oryza_punctata"]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("Zea mays", "zea_mays"),
        ("Rice", "rice"),
        ("1", "chr1"),
        ("Chr02", "chr2"),
        ("chromosome_1.1", "chr1"),
        ("C", "chrC"),
        ("NC_000932", "NC_000932.1"),
        ("scaffold_007", "Scaffold7"),
        ("chr1_2", "Chr01_2"),
    ],
)
def test_another_spelling_of_a_name_is_said_to_be_meant(name: str, known: str) -> None:
    assert unknown_names([name], ["x", known, "y"]) == f"{name!r} (meant: {known}?)"
    assert unknown_names([known], ["x", name, "y"]) == f"{known!r} (meant: {name}?)"


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("chrC", "chr1"),
        ("chr2", "chr1"),
        ("chr1_2", "chr12"),
        ("chr10", "chr1"),
        ("NC_000932.1", "NC_000932.2"),
        ("oryza_sativa_a", "oryza_sativa_b"),
        ("barley", "parsley"),
        ("wheat", "zea_mays"),
    ],
)
def test_another_name_is_never_said_to_be_meant(name: str, known: str) -> None:
    assert unknown_names([name], [known]) == repr(name)


def test_all_names_that_are_unknown_are_listed() -> None:
    assert unknown_names(["Zea_Mays", "zea_mays", "wheat"], KNOWN) == "'Zea_Mays' (meant: zea_mays?), 'wheat'"
    assert unknown_names(["1"], ["chr1", "chr01"]) == "'1' (meant: chr1 or chr01?)"


def test_known_names_give_nothing() -> None:
    assert unknown_names(KNOWN, KNOWN) == ""
    assert unknown_names([], KNOWN) == ""


def test_of_many_names_the_first_are_said() -> None:
    names = [f"chr{number}" for number in range(1, 1_010)]
    assert first_names(names[:2], " or ") == "chr1 or chr2"
    assert first_names(names) == "chr1, chr2, chr3, chr4, chr5, chr6, chr7, chr8, 1,001 more"
