"""`VariantRecord`: one line of a file of variants."""

from typing import NamedTuple


class VariantRecord(NamedTuple):
    """A record of a file of variants, with one alternative allele or several.

    Attributes:
        source: Where it was read, for messages, such as `calls.vcf: line 12`.
        contig: Its contig, as the file names it.
        position: First base of `reference`, counted from 0; -1 before the first base (VCF's position 0).
        reference: The reference allele, as in the file.
        alternatives: The alternative alleles, as in the file, at least one; "." where there is none.
        fields: All else that the record has, as text.
        content: The whole record as it was read.
    """

    source: str
    contig: str
    position: int
    reference: str
    alternatives: tuple[str, ...]
    fields: tuple[str, ...] = ()
    content: bytes = b""
