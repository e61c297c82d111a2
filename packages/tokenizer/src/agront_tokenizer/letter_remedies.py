"""What to do about a character that is no DNA: one table, for strings and for files."""

_PROTEIN_ONLY = frozenset("EFILPQZJO")  # letters of amino acids that are no IUPAC letter of DNA
_DNA_OR_UNKNOWN = frozenset("ACGTUNX")
# Of real protein, three of four letters are none of A, C, G, T, N; of DNA with a few wrong letters hardly any.
_PROTEIN_SHARE = 0.25
_DIGITS = frozenset("0123456789")

_REMEDIES = (
    ("Uu", "if this is RNA, write T for U"),
    ("-.~", "if this is an alignment, remove its gaps"),
    (">;@+", "if it begins a record of a file, begin it on a line of its own, and read the file with a FASTA parser"),
    ("*?", "write N for an unknown base"),
    ("<", "leave out special tokens such as <cls>; only <mask> may be in a string, and none in a FASTA file"),
)


def letter_remedy(character: str, sequence: str) -> str:
    """Says what to do about a character that is no IUPAC letter of DNA.

    Args:
        character: The character.
        sequence: Where it is, or a piece of that: its other letters tell protein, and position numbers, from DNA.

    Returns:
        A remedy, such as "write N for an unknown base" for X, `*` and all letters that have no better one.
    """
    if not character.isascii() and not character.isspace():
        return "write plain ASCII letters, N for an unknown base"
    if character.isspace() or character in _DIGITS:
        if not _DIGITS.isdisjoint(sequence):
            return "remove position numbers and blanks, as GenBank writes them (in a file: sed '/^>/!s/[0-9 ]//g')"
        return "remove white space and line breaks"
    if (character.isalpha() or character == "*") and _is_protein(sequence.upper()):
        return "this looks like protein: give DNA"
    for characters, remedy in _REMEDIES:
        if character in characters:
            return remedy
    if character.isalpha():
        return "write N for an unknown base"
    return "allowed are A, C, G, T, N and the other IUPAC letters, in either case"


def _is_protein(sequence: str) -> bool:
    found = _PROTEIN_ONLY.intersection(sequence)
    if len(found) != 1:
        return len(found) > 1
    letters = [letter for letter in sequence if letter.isalpha()]
    return sum(letter not in _DNA_OR_UNKNOWN for letter in letters) > _PROTEIN_SHARE * len(letters)
