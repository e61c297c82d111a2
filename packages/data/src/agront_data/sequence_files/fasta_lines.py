"""The text of a FASTA file: headers, and what stands between them without its line ends.

No line is taken by itself, and none is held whole but headers.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from agront_data.sequence_files.text_chunks import read_chunks

# No comment before the first header is longer; what is longer is no FASTA, and need not be held to its end.
_LONGEST_COMMENT = 1 << 18


def read_lines(path: Path, source: BinaryIO | None = None) -> Iterator[tuple[bool, bytes]]:
    """Yields (True, a header without its '>') and (False, a piece of the lines between headers, without line ends).

    Before the first header a piece is a whole line.

    Args:
        path: The file, plain or compressed.
        source: The same file, opened, for a caller that wants to see how far it has been read.

    Raises:
        ValueError: The file cannot be read or decompressed.
    """
    seen_header, in_header, at_line_start, kept = False, False, True, b""
    for chunk in read_chunks(path, source):
        text, kept = kept + chunk, b""
        position = 0
        while position < len(text):
            if in_header or (not seen_header and text[position : position + 1] != b">"):
                end = text.find(b"\n", position)
                if end < 0 and (in_header or len(text) - position < _LONGEST_COMMENT):
                    kept = text[position:]  # the line goes on in the next chunk
                    break
                end = len(text) if end < 0 else end
                yield in_header, text[position:end]
                position, in_header, at_line_start = end + 1, False, True
            elif at_line_start and text[position : position + 1] == b">":
                position, in_header, seen_header = position + 1, True, True
            else:
                end = _next_header(text, position)
                yield False, text[position:end].replace(b"\n", b"").replace(b"\r", b"")
                position, at_line_start = end, text[end - 1 : end] == b"\n"
    if kept or in_header:
        yield in_header, kept


def _next_header(text: bytes, position: int) -> int:
    """Returns where the next line begins that starts with '>', or the text's end."""
    # One letter is found ten times as fast as two.
    found = text.find(b">", position)
    while found >= 0 and text[found - 1 : found] != b"\n":
        found = text.find(b">", found + 1)
    return found if found >= 0 else len(text)
