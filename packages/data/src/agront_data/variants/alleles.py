"""Alleles without what they share."""

PARTNERS = str.maketrans("ACGT", "TGCA")
"""For `str.translate`: the letters of the other strand, in the same order."""


def trimmed_alleles(position: int, reference: str, alternative: str) -> tuple[int, str, str]:
    """Takes off what two alleles share at either end, the right end first, as variant callers left-align.

    Args:
        position: The first base of `reference` in its contig, counted from 0.
        reference: Letters, in either case, which is ignored.
        alternative: Letters likewise.

    Returns:
        Position and alleles, in upper case, that begin and end with different letters. One of the two is empty where
        bases are only inserted or deleted; both are where the alleles are the same.
    """
    reference, alternative = reference.upper(), alternative.upper()
    shorter = min(len(reference), len(alternative))
    at_end = 0
    while at_end < shorter and reference[-1 - at_end] == alternative[-1 - at_end]:
        at_end += 1
    reference, alternative = reference[: len(reference) - at_end], alternative[: len(alternative) - at_end]
    at_start = 0
    while at_start < shorter - at_end and reference[at_start] == alternative[at_start]:
        at_start += 1
    return position + at_start, reference[at_start:], alternative[at_start:]
