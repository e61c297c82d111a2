"""Tables of variants: text with a line of column names, among them chrom, pos, ref and alt, separated by tabs."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from agront_data.sequence_files import format_of_places
from agront_data.variant_files.record_columns import as_text, make_record
from agront_data.variant_files.text_lines import is_blank, split_line_end
from agront_data.variants import VariantRecord

_REQUIRED = ("chrom", "pos", "ref", "alt")
_BEGINS = (
    "a table of variants begins with a line of column names, separated by tabs, among them chrom, pos, ref and alt"
)


class TableColumns(NamedTuple):
    """The columns of a table.

    Attributes:
        line: Number of the line that names them, from 1.
        num_columns: How many there are.
        required: Where chrom, pos, ref and alt stand, from 0.
        others: Where the other ones stand.
        names: What the other ones are called.
    """

    line: int
    num_columns: int
    required: tuple[int, int, int, int]
    others: tuple[int, ...]
    names: tuple[str, ...]


def read_column_line(lines: Iterator[bytes]) -> tuple[int, bytes]:
    """Takes comments (`##…`, `# …`), blank lines and the one after them from a file's lines.

    Returns:
        The number of that line and what it says, without line end; nothing where there is none.
    """
    number = 0
    for number, line in enumerate(lines, 1):
        if not is_blank(line) and not line.startswith((b"##", b"# ")):
            return number, split_line_end(line)[0]
    return number, b""


def parse_columns(number: int, content: bytes, path: Path) -> TableColumns:
    """Finds the columns of a table.

    Args:
        number: Number of the line that names them.
        content: That line.
        path: The file, for messages.

    Raises:
        ValueError: A column is missing or there twice, or the line is of another format; the message says what to do.
    """
    source = f"{path}: line {number}"
    names = [as_text(name) for name in content.split(b"\t")]
    called = [_called(name, place) for place, name in enumerate(names)]
    if missing := [name for name in _REQUIRED if name not in called]:
        raise ValueError(f"{source}: {_not_a_table(content, names, missing)}")
    places: dict[str, int] = {}
    for place, name in enumerate(called):
        if not name:
            raise ValueError(f"{source}: column {place + 1} has no name; name it, or remove it: cut -f")
        if name in places:
            raise ValueError(
                f"{source}: columns {places[name] + 1} and {place + 1} are both {names[place]!r}; rename one"
            )
        places[name] = place
    chrom, pos, ref, alt = (places[name] for name in _REQUIRED)
    others = {name: place for name, place in places.items() if name not in _REQUIRED}
    return TableColumns(number, len(names), (chrom, pos, ref, alt), tuple(others.values()), tuple(others))


def table_records(lines: Iterator[bytes], path: Path) -> Iterator[VariantRecord]:
    """Yields the records of a table; blank lines are none.

    Args:
        lines: The file's, from the first.
        path: The file, for messages.

    Raises:
        ValueError: As `parse_columns`; or a line has another number of columns, or is no variant.
    """
    columns = parse_columns(*read_column_line(lines), path)
    for number, line in enumerate(lines, columns.line + 1):
        if is_blank(line):
            continue
        content, source = split_line_end(line)[0], f"{path}: line {number}"
        found = content.split(b"\t")
        if len(found) != columns.num_columns:
            raise ValueError(
                f"{source}: has {len(found)} columns, and line {columns.line} names {columns.num_columns}: is it cut "
                "off? Separate columns by tabs, and leave out none"
            )
        chrom, pos, ref, alt = (found[place] for place in columns.required)
        yield make_record(source, (chrom, pos, ref, alt), tuple(found[place] for place in columns.others), content)


def _called(name: str, place: int) -> str:
    lowered = (name.removeprefix("#") if place == 0 else name).lower()
    return lowered if lowered in _REQUIRED else name


def _not_a_table(content: bytes, names: list[str], missing: list[str]) -> str:
    found = f"{as_text(content)[:60]!r} is neither VCF nor a table of variants"
    if places := format_of_places(names):
        if places == "VCF":
            return f"{found}: it looks like VCF without its header; put the header before it. Or {_BEGINS}"
        return f"{found}: it looks like {places}, which has no alleles; name the file of variants"
    if len(names) == 1 and content.count(b",") >= 3:
        return f"{found}: columns are separated by commas (CSV); save it with tabs (TSV): {_BEGINS}"
    if len(names) == 1 and len(content.split()) >= 4:
        return f"{found}: columns are separated by blanks; write tabs: {_BEGINS}"
    if any(name.startswith('"') for name in names):
        return f"{found}: its column names are in quotation marks; write it without (in R: quote = FALSE)"
    return f"{found}, without a column {', '.join(missing)}: {_BEGINS}"
