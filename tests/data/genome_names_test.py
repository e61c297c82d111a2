from agront_data.genome_names import first_names, unknown_names

KNOWN = ["oryza_sativa", "zea_mays", "oryza_punctata"]


def test_unknown_names_come_with_close_ones() -> None:
    assert unknown_names(["zea_mais", "zea_mays", "wheat"], KNOWN) == "'zea_mais' (meant: zea_mays?), 'wheat'"
    assert unknown_names(["oryza_stiva"], KNOWN) == "'oryza_stiva' (meant: oryza_sativa or oryza_punctata?)"


def test_known_names_give_nothing() -> None:
    assert unknown_names(KNOWN, KNOWN) == ""
    assert unknown_names([], KNOWN) == ""


def test_of_many_names_the_first_are_said() -> None:
    names = [f"chr{number}" for number in range(1, 1_010)]
    assert first_names(names[:2], " or ") == "chr1 or chr2"
    assert first_names(names) == "chr1, chr2, chr3, chr4, chr5, chr6, chr7, chr8, 1,001 more"
