"""Labels or measured effects that a file of variants has beside them, and classes of substitutions."""

import itertools
from collections.abc import Sequence

from agront_data.variants.alleles import PARTNERS, trimmed_alleles
from agront_data.variants.variant_record import VariantRecord

_MISSING = ("", ".", "NA", "nan", "NaN")


def truths_of(record: VariantRecord, columns: Sequence[str], name: str) -> list[float]:
    """Reads the number that a record has for each alternative allele.

    Args:
        record: The record.
        columns: Names of its `fields`.
        name: A column; or, of VCF and BCF, whose columns have `info`, a key of INFO.

    Returns:
        One number an alternative allele; NaN where there is none. One number for several alleles is that of each.

    Raises:
        ValueError: There is no such column; or a value is no number, or they are not as many as alleles. The message
            names file and line.
    """
    fields = dict(zip(columns, record.fields, strict=True))
    if "info" in fields and name not in fields:
        entries = (entry.partition("=") for entry in fields["info"].split(";"))
        text = next((value for key, _, value in entries if key == name), "")
    elif name in fields:
        text = fields[name]
    else:
        raise ValueError(f"{record.source}: has no column {name!r} (`truth`); it has {', '.join(columns)}")
    values = text.split(",")
    if len(values) == 1:
        values *= len(record.alternatives)
    if len(values) != len(record.alternatives):
        raise ValueError(
            f"{record.source}: {name} (`truth`) is {text!r}: give one value, or one for each of the "
            f"{len(record.alternatives)} alternative alleles"
        )
    try:
        return [float("nan") if value in _MISSING else float(value) for value in values]
    except ValueError as error:
        raise ValueError(f"{record.source}: {name} (`truth`) is {text!r}, which is no number") from error


def substitution_class(reference: str, alternative: str) -> str:
    """Names the class of a change, the same on both strands: one of six such as `C>T`; `other` if not of one base.

    Args:
        reference: Letters, in either case.
        alternative: Letters likewise, in any way that VCF writes them.
    """
    _, old, new = trimmed_alleles(0, reference, alternative)
    if len(old) != 1 or len(new) != 1 or not set(old + new) <= set("ACGT"):
        return "other"
    if old in "GT":
        old, new = old.translate(PARTNERS), new.translate(PARTNERS)
    return f"{old}>{new}"


SUBSTITUTION_CLASSES = tuple(f"{old}>{new}" for old, new in itertools.product("AC", "ACGT") if old != new)
"""The six classes of single-base substitutions, folded by strand."""
