"""BCF as bytes: a header, then blocks, one a record, to whose INFO entries are added; all other bytes stay.

The format: https://samtools.github.io/hts-specs/VCFv4.3.pdf, section 6. It is not left to pysam, whose
`VariantFile.write` gives records of symbolic alleles an INFO/END and takes END from others.
"""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from agront_data.variant_files.bcf_values import encode_integer, encode_value
from agront_data.variant_files.info_field import InfoField, header_line

_COLUMN_LINE = b"#CHROM"
_DICTIONARY_LINE = re.compile(rb"##(?:FILTER|INFO|FORMAT)=<(?:.*?,)?ID=([^,>]*)(?:.*,IDX=([0-9]+)>)?")
# Of a block: lengths of its two parts; of the first part: contig, position, length and quality, then two numbers.
_LENGTHS = struct.Struct("<II")
_NUMBER_OF_INFO = struct.Struct("<16xH")
_LONGEST = 0xFFFFFFFF


@runtime_checkable
class Readable(Protocol):
    """A file of bytes."""

    def read(self, size: int, /) -> bytes:
        """Returns so many bytes, fewer at the end."""


def read_bcf_header(file: Readable) -> tuple[bytes, bytes]:
    """Reads the header from the beginning of a decompressed BCF file.

    Returns:
        The magic bytes, and the text without the zero bytes at its end.

    Raises:
        EOFError: The file ends before.
    """
    magic, length = _read(file, 5), _read(file, 4)
    return magic, _read(file, int.from_bytes(length, "little")).rstrip(b"\0")


def with_header_lines(
    text: bytes, fields: Sequence[InfoField], header_lines: Sequence[str]
) -> tuple[bytes, dict[str, int]]:
    """Adds lines to the text of a header, before the line of columns.

    Returns:
        The text, and the number by which records name each of the fields.
    """
    numbers = _dictionary(text)
    size = max(numbers.values()) + 1
    added, keys = [], {}
    for field in fields:
        keys[field.id] = numbers.get(field.id.encode(), size)  # a FORMAT field of that name has a number already
        size = max(size, keys[field.id] + 1)
        added.append(f"{header_line(field).removesuffix('>')},IDX={keys[field.id]}>")
    lines = "".join(f"{line}\n" for line in (*added, *header_lines)).encode("utf-8", "surrogateescape")
    place = text.index(b"\n" + _COLUMN_LINE) + 1
    return text[:place] + lines + text[place:], keys


def pack_header(magic: bytes, text: bytes) -> bytes:
    """Returns the bytes of a header."""
    return magic + (len(text) + 1).to_bytes(4, "little") + text + b"\0"


def read_blocks(file: Readable) -> Iterator[tuple[bytes, bytes]]:
    """Yields the blocks of the records, when the header is read: what is of all samples, and what is of each.

    Raises:
        EOFError: The file ends within one.
    """
    while lengths := file.read(_LENGTHS.size):
        shared, individual = _LENGTHS.unpack(lengths + _read(file, _LENGTHS.size - len(lengths)))
        yield _read(file, shared), _read(file, individual)


def with_info_entries(
    shared: bytes, entries: Mapping[str, str], fields: Mapping[str, InfoField], keys: Mapping[str, int]
) -> bytes:
    """Returns the first part of a block with more entries of INFO, which are its end.

    Raises:
        ValueError: A value is not of its field's type, or there are more than BCF can count.
    """
    added = b"".join(encode_integer(keys[key]) + encode_value(fields[key], text) for key, text in entries.items())
    [number] = _NUMBER_OF_INFO.unpack_from(shared)
    if number + len(entries) >= 1 << 16 or len(shared) + len(added) > _LONGEST:
        raise ValueError("BCF cannot hold so much INFO; name a .vcf output")
    return shared[:16] + (number + len(entries)).to_bytes(2, "little") + shared[18:] + added


def pack_block(shared: bytes, individual: bytes) -> bytes:
    """Returns the bytes of a block."""
    return _LENGTHS.pack(len(shared), len(individual)) + shared + individual


def _dictionary(text: bytes) -> dict[bytes, int]:
    """Returns the number of each ID, which is where it first stands unless its line says another; PASS is first."""
    numbers, size = {b"PASS": 0}, 1
    for line in text.split(b"\n"):
        if (match := _DICTIONARY_LINE.match(line)) and match[1] not in numbers:
            numbers[match[1]] = int(match[2]) if match[2] else size
            size = max(size, numbers[match[1]] + 1)
    return numbers


def _read(file: Readable, size: int) -> bytes:
    """Returns so many bytes, however few the file gives at a time."""
    found = b""
    while len(found) < size:
        more = file.read(min(size - len(found), 1 << 24))
        if not more:
            raise EOFError("the file ends within a record")
        found += more
    return found
