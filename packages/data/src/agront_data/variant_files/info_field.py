"""`InfoField`: an INFO field of VCF that is added, its line of the header, and its values for BCF."""

from typing import NamedTuple


class InfoField(NamedTuple):
    """An INFO field, as the header of a VCF file declares it.

    Attributes:
        id: Its key.
        number: How many values a record has: "1", "A" for one of each alternative, ".", and so on.
        type: "Float", "Integer" or "String".
        description: What it means, in a sentence.
    """

    id: str
    number: str
    type: str
    description: str


def header_line(field: InfoField) -> str:
    """Returns the line that declares a field, without a line end."""
    description = field.description.replace("\\", "\\\\").replace('"', '\\"')
    return f'##INFO=<ID={field.id},Number={field.number},Type={field.type},Description="{description}">'


Value = float | int | str | None
"""One value of an INFO field; None is a missing one."""


def typed_value(field: InfoField, text: str) -> Value | tuple[Value, ...]:
    """Returns the value of a field as pysam takes it: one where the field's number is 1, else a tuple.

    Args:
        field: Says number and type.
        text: Values, separated by commas; "." is a missing one.

    Raises:
        ValueError: One is not of the field's type.
    """
    if field.number == "1":
        return _typed(field, text)
    return tuple(_typed(field, part) for part in text.split(","))


def _typed(field: InfoField, text: str) -> Value:
    if text == "." and field.type != "String":  # pysam takes a missing String for a flag
        return None
    try:
        return {"Float": float, "Integer": int, "String": str}[field.type](text)
    except ValueError as error:
        raise ValueError(f"INFO/{field.id} is {text!r}, which is no {field.type}") from error
