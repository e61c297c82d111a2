from agront_data.genome_names import unknown_names

KNOWN = ["oryza_sativa", "zea_mays", "oryza_punctata"]


def test_unknown_names_come_with_close_ones() -> None:
    assert unknown_names(["zea_mais", "zea_mays", "wheat"], KNOWN) == "'zea_mais' (meant: zea_mays?), 'wheat'"
    assert unknown_names(["oryza_stiva"], KNOWN) == "'oryza_stiva' (meant: oryza_sativa or oryza_punctata?)"


def test_known_names_give_nothing() -> None:
    assert unknown_names(KNOWN, KNOWN) == ""
    assert unknown_names([], KNOWN) == ""
