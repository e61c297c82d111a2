"""`InfoField`: an INFO field of VCF that is added, and its line of the header."""

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
