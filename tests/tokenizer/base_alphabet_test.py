import re

import pytest
from agront_tokenizer.base_alphabet import codes_from_text


def test_codes_of_every_letter() -> None:
    assert codes_from_text("ATCGN").tolist() == [0, 1, 2, 3, 4]
    assert codes_from_text("atcgn").tolist() == [0, 1, 2, 3, 4]
    assert codes_from_text("RYSWKMBDHV").tolist() == [4] * 10
    assert codes_from_text("ryswkmbdhv").tolist() == [4] * 10
    assert codes_from_text("A<mask>T<mask><mask>").tolist() == [0, 6, 1, 6, 6]
    assert codes_from_text("").tolist() == []


@pytest.mark.parametrize(
    ("sequence", "message"),
    [
        ("ATCU", "character 'U' at position 3 (0-based) is not DNA: if this is RNA, write T for U"),
        ("u", "character 'u' at position 0 (0-based) is not DNA: if this is RNA, write T for U"),
        ("AT-C", "character '-' at position 2 (0-based) is not DNA: if this is an alignment, remove its gaps"),
        ("ACG*", "character '*' at position 3 (0-based) is not DNA: write N for an unknown base"),
        ("A1", "character '1' at position 1 (0-based) is not DNA: remove position numbers"),
        ("AC GT", "character ' ' at position 2 (0-based) is not DNA: remove white space and line breaks"),
        ("ACGT\n", "character '\\n' at position 4 (0-based) is not DNA: remove white space and line breaks"),
        ("AC\u00a0", "character '\\xa0' at position 2 (0-based) is not DNA: remove white space and line breaks"),
        ("ACÀ", "character 'À' at position 2 (0-based) is not DNA: write plain ASCII letters"),
        ("AC😀G-", "character '😀' at position 2 (0-based) is not DNA: write plain ASCII letters"),
        ("ACX", "character 'X' at position 2 (0-based) is not DNA: write N for an unknown base"),
        ("MAL", "character 'L' at position 2 (0-based) is not DNA: this looks like protein: give DNA"),
        ("AC\x00", "character '\\x00' at position 2 (0-based) is not DNA: allowed are A, C, G, T, N"),
        ("AC\x80", "character '\\x80' at position 2 (0-based) is not DNA: write plain ASCII letters"),
        # Lower-casing a Kelvin sign or a dotless i must not make a K or an I of it.
        ("A\u212a", "character '\u212a' at position 1 (0-based) is not DNA: write plain ASCII letters"),
        (
            "A<mask><cls>",
            "character '<' at position 7 (0-based) is not DNA: leave out special tokens such as <cls>",
        ),
        (">chr1\nACGT", "character '>' at position 0 (0-based) is not DNA"),
    ],
)
def test_other_characters_are_named_with_position_and_remedy(sequence: str, message: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        codes_from_text(sequence)


@pytest.mark.parametrize("text", ["<MASK>", "<Mask>", "<mask", "mask>", "< mask>"])
def test_only_the_literal_mask_is_a_mask(text: str) -> None:
    with pytest.raises(ValueError, match=r"character '[<>]' at position"):
        codes_from_text("A" + text)


def test_position_is_that_of_the_string_and_not_of_the_codes() -> None:
    with pytest.raises(ValueError, match=r"character 'U' at position 14 \(0-based\)"):
        codes_from_text("AC<mask><mask>U")


def test_position_at_the_end_of_a_chromosome() -> None:
    with pytest.raises(ValueError, match=r"character '-' at position 3000000 "):
        codes_from_text("ACN" * 1_000_000 + "-")


@pytest.mark.usefixtures("unchecked_types")
@pytest.mark.parametrize(("sequence", "name"), [(b"ACGT", "bytes"), (None, "NoneType"), (["A"], "list")])
def test_what_is_no_string_is_refused(sequence: str, name: str) -> None:
    with pytest.raises(ValueError, match=f"a sequence must be a str, not {name}"):
        codes_from_text(sequence)


def test_all_other_ascii_characters_are_refused() -> None:
    legal = set("ATCGNRYSWKMBDHV")
    for character in map(chr, range(128)):
        if character.upper() not in legal:
            with pytest.raises(ValueError, match="at position 1 "):
                codes_from_text("A" + character)
