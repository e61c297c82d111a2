"""Numbers in a text VCF that BCF would not hold: htslib writes others in their place and does not say so."""

import re
from collections.abc import Mapping

from agront_data.variants import VariantRecord

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]+)?|inf|infinity|nan)", re.IGNORECASE)
_PATTERNS = {"Integer": _INTEGER, "Float": _FLOAT}


def check_numbers(record: VariantRecord, info_types: Mapping[str, str]) -> None:
    """Refuses a record whose QUAL, or whose INFO of a type Integer or Float, is no number.

    Args:
        record: Of a VCF file.
        info_types: Types of its INFO fields, see `VcfHeader`.

    Raises:
        ValueError: Names line, field, value and remedy.
    """
    _, quality, _, info = record.fields
    if quality != "." and not _FLOAT.fullmatch(quality):
        raise ValueError(_refused(record, "QUAL", quality, "Float"))
    for entry in info.split(";"):
        key, equals, values = entry.partition("=")
        pattern = _PATTERNS.get(info_types.get(key, ""))
        if equals and pattern:
            for value in values.split(","):
                if value not in (".", "") and not pattern.fullmatch(value):
                    raise ValueError(_refused(record, f"INFO/{key}", value, info_types[key]))


def _refused(record: VariantRecord, field: str, value: str, kind: str) -> str:
    return (
        f"{record.source}: {field} is {value[:60]!r}, which BCF cannot hold, since it is no {kind}; correct the file, "
        "or name a .vcf or .vcf.gz output"
    )
