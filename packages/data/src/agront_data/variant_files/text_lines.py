"""The lines of a text file, plain or compressed, with their line ends."""

from collections.abc import Iterator
from pathlib import Path

from agront_data.sequence_files import read_chunks

# Genotypes of half a million samples are a few ten MB; a file without line ends need not be held.
_LONGEST_LINE = 1 << 28


def read_text_lines(path: Path) -> Iterator[bytes]:
    """Yields the lines of a file, each with its LF but for a last one that has none; together they are its bytes.

    Byte-order marks are left out.

    Raises:
        ValueError: As `read_chunks`; or a line is longer than 256 MiB.

    Warns:
        InputWarning: As `read_chunks`.
    """
    kept: list[bytes] = []
    number = 1
    for chunk in read_chunks(path):
        first, *others = chunk.split(b"\n")
        kept.append(first)
        if others:
            yield b"".join(kept) + b"\n"
            for line in others[:-1]:
                yield line + b"\n"
            number += len(others)
            kept = [others[-1]]
        elif sum(map(len, kept)) > _LONGEST_LINE:
            raise ValueError(
                f"{path}: line {number} is longer than {_LONGEST_LINE >> 20} MiB: this is no file of variants, or its "
                "line ends are lost; write it again"
            )
    if last := b"".join(kept):
        yield last


def split_line_end(line: bytes) -> tuple[bytes, bytes]:
    """Divides a line into what it says and its line end, which is LF, CR LF, CR or nothing."""
    content = line.removesuffix(b"\n").removesuffix(b"\r")
    return content, line[len(content) :]


def is_blank(line: bytes) -> bool:
    """Returns whether a line has nothing but blanks; one of tabs has columns, if empty ones."""
    return not line.strip(b" \r\n")
