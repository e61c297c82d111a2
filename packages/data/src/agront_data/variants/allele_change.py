"""`AlleleChange`: what an alternative allele does to its contig; or the reason why it cannot be scored."""

import re
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import UInt8

from agront_data.bases import BASE_BITS, encode_sequence
from agront_data.variants.alleles import trimmed_alleles

Reason = Literal[
    "ref_mismatch",
    "contig_unknown",
    "beyond_end",
    "n_in_token",
    "symbolic",
    "missing_alt",
    "same",
    "bad_allele",
    "needs_pll",
    "too_long",
    "contig_short",
    "no_calibration",
]
"""Why an alternative allele has no score.

| reason | the allele |
|---|---|
| `missing_alt` | is `.` or `*` |
| `symbolic` | is `<DEL>` or the like, or a breakend: it does not say its bases |
| `bad_allele` | or the reference allele has another letter than DNA's; the alternative, one other than A, C, G, T |
| `contig_unknown` | is on a contig that the genome does not have |
| `beyond_end` | begins before or ends beyond its contig |
| `ref_mismatch` | replaces other bases than the genome has there |
| `same` | is the reference allele |
| `needs_pll` | is no substitution of bases that one token can cover, and only `pll` scores those |
| `too_long` | has, or replaces, too many bases for `pll` |
| `contig_short` | is on a contig shorter than a token |
| `no_calibration` | has N or an end beside it, or the table of mean scores has no site like its own |
| `n_in_token` | has N, or another letter than A, C, G, T, beside it in every frame |
"""

_REFERENCE = re.compile(r"[ACGTRYSWKMBDHVN]+", re.IGNORECASE)
_ALTERNATIVE = re.compile(r"[ACGT]+", re.IGNORECASE)
# Other spellings of these: https://samtools.github.io/hts-specs/VCFv4.4.pdf, sections 1.6.1 and 5.4.
_MISSING = (".", "*", "")
_SYMBOLIC = re.compile(r"<.*>|.*[\[\]].*|\.[A-Za-z]+|[A-Za-z]+\.", re.DOTALL)


class AlleleChange(NamedTuple):
    """Bases of a contig, and what takes their place.

    Attributes:
        position: The first base that is replaced, counted within the contig.
        num_replaced: How many are replaced; none where bases are only inserted.
        bases: Codes of what takes their place; none where bases are only deleted.
    """

    position: int
    num_replaced: int
    bases: UInt8[np.ndarray, "m"]

    @property
    def is_substitution(self) -> bool:
        """Whether as many bases come as go."""
        return self.num_replaced == self.bases.size


def change_of(
    position: int, reference: str, alternative: str, bases: UInt8[np.ndarray, "L"], first: int = 0
) -> AlleleChange | Reason:
    """Compares an allele with its contig, and takes off what it shares with the reference allele at either end.

    Args:
        position: The first base of `reference`, counted within the contig.
        reference: The reference allele.
        alternative: The alternative allele, in any way that VCF writes one.
        bases: Codes of the contig, or of a piece that holds the reference allele as far as the contig has it.
        first: The piece's first base, counted within the contig.

    Returns:
        The change, or the first reason of `missing_alt`, `symbolic`, `bad_allele`, `beyond_end`, `ref_mismatch`, `same`
        that applies. Case is ignored. A letter such as R agrees with the N that it is to a model.
    """
    if reason := unreadable(reference, alternative):
        return reason
    begin = position - first
    if position < 0 or begin + len(reference) > bases.size:
        return "beyond_end"
    expected = encode_sequence(reference) & BASE_BITS
    if not np.array_equal(bases[begin : begin + len(reference)] & BASE_BITS, expected):
        return "ref_mismatch"
    place, replaced, new = trimmed_alleles(position, reference, alternative)
    if not replaced and not new:
        return "same"
    return AlleleChange(place, len(replaced), encode_sequence(new))


def unreadable(reference: str, alternative: str) -> Literal["missing_alt", "symbolic", "bad_allele"] | None:
    """Returns why alleles do not say bases, whatever the genome; None where they do."""
    if alternative in _MISSING:
        return "missing_alt"
    if _SYMBOLIC.fullmatch(alternative):
        return "symbolic"
    if not _REFERENCE.fullmatch(reference) or not _ALTERNATIVE.fullmatch(alternative):
        return "bad_allele"
    return None
