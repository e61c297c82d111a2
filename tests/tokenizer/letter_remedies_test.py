import pytest
from agront_tokenizer import letter_remedy

N = "write N for an unknown base"
PROTEIN = "this looks like protein: give DNA"
NUMBERS = "remove position numbers and blanks, as GenBank writes them (in a file: sed '/^>/!s/[0-9 ]//g')"


@pytest.mark.parametrize(
    ("character", "sequence", "remedy"),
    [
        ("X", "ACGTXXXXXXACGT", N),  # masked DNA, half of it
        ("x", "xxxxxxxxxxxxxx", N),
        ("*", "ACGT*", N),
        ("?", "AC?", N),
        ("E", "ACGTACGTEACGTACGT", N),  # one wrong letter
        ("L", "MKVLAAG", PROTEIN),
        ("*", "MSTLLPEQ*", PROTEIN),
        ("e", "mseepq", PROTEIN),
        ("E", "ACGTACGTACGTACGTACGTEACGTACGTACGTACGTACGTF", PROTEIN),  # two letters of protein alone
        ("U", "ACGUUACGU", "if this is RNA, write T for U"),
        ("-", "AC--GT", "if this is an alignment, remove its gaps"),
        (" ", "      1 acgtacgtac gtacgt", NUMBERS),
        ("6", "acgt\t61 acgt", NUMBERS),
        (" ", "ACGT ACGT", "remove white space and line breaks"),
        ("\u00a0", "AC\u00a0", "remove white space and line breaks"),
        ("\uff21", "\uff21CGT", "write plain ASCII letters, N for an unknown base"),
        ("[", "AC[MASK]", "allowed are A, C, G, T, N and the other IUPAC letters, in either case"),
    ],
)
def test_a_remedy_is_given_only_where_it_helps(character: str, sequence: str, remedy: str) -> None:
    assert letter_remedy(character, sequence) == remedy
