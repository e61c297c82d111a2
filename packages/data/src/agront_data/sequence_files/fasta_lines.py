"""The text of a FASTA file in large pieces: headers, and what stands between them without its line ends.

xopen decompresses; no line is taken by itself, and none is held whole but headers.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from xopen import xopen

# Small enough for a core's L2 cache, which what is done to a block then reads.
_BLOCK_BYTES = 1 << 18
# No comment before the first header is longer; what is longer is no FASTA, and need not be held to its end.
_LONGEST_COMMENT = 1 << 18

# bgzip writes gzip blocks, marked by an extra field BC, and an empty one at the end (SAM specification, section 4.1).
_BGZIP_HEAD = re.compile(rb"\x1f\x8b\x08\x04.{6}\x06\x00BC\x02\x00", re.DOTALL)
_BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")


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


def read_chunks(path: Path, source: BinaryIO | None = None) -> Iterator[bytes]:
    """Yields the bytes of a text file, decompressed, in pieces of at most 256 KiB.

    Args:
        path: The file, plain or compressed.
        source: The same file, opened.

    Raises:
        ValueError: The file cannot be read or decompressed.
    """
    num_bytes = 0
    try:
        _check_bgzip_end(path)
        # One thread decompresses ahead.
        with xopen(path if source is None else source, "rb", threads=1) as file:
            while chunk := file.read(_BLOCK_BYTES):
                num_bytes += len(chunk)
                yield chunk
    except PermissionError as error:
        raise ValueError(f"{path}: may not be read; check its permissions") from error
    except Exception as error:  # every compression library raises classes of its own
        raise ValueError(
            f"{path}: cannot be read beyond byte {num_bytes:,} of its text: it is truncated, damaged or not of the "
            f"kind its ending says; fetch it again ({type(error).__name__}: {error})"
        ) from error


def _check_bgzip_end(path: Path) -> None:
    """Refuses a bgzip file without its end: cut between two blocks it would pass for a whole gzip file."""
    with open(path, "rb") as file:
        if _BGZIP_HEAD.match(file.read(16)):
            file.seek(max(0, os.path.getsize(path) - len(_BGZIP_END)))
            if file.read() != _BGZIP_END:
                raise EOFError("the bgzip file ends without its end-of-file block")
