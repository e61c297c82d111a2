"""The bytes of a text file, plain or compressed, in large pieces.

The file is opened once, so it may be a pipe. xopen decompresses.
"""

import contextlib
import os
import re
import stat
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from xopen import xopen

from agront_data.input_warning import InputWarning

# Small enough for a core's L2 cache, which what is done to a block then reads.
_BLOCK_BYTES = 1 << 18

# bgzip writes gzip blocks, marked by an extra field BC with the block's size, and an empty one at the end
# (SAM specification, section 4.1).
_BGZIP_HEAD = re.compile(rb"\x1f\x8b\x08\x04.{6}\x06\x00BC\x02\x00(..)", re.DOTALL)
_LARGEST_BGZIP_BLOCK = 1 << 16

# A byte-order mark begins a text of Windows, and a line in the middle of several joined ones.
_MARKED_LINE = b"\n\xef\xbb\xbf"
# The first four bytes of text in other encodings, with a mark or, in ASCII letters, without.
_OTHER_ENCODINGS = {
    "UTF-32": re.compile(rb"\xff\xfe\0\0|\0\0\xfe\xff", re.DOTALL),
    "UTF-16": re.compile(rb"\xff\xfe|\xfe\xff|[^\0]\0[^\0]\0|\0[^\0]\0[^\0]", re.DOTALL),
}


def read_chunks(path: Path, source: BinaryIO | None = None) -> Iterator[bytes]:
    """Yields the bytes of a text file, decompressed and without byte-order marks, in pieces of about 256 KiB.

    Args:
        path: The file, plain or compressed.
        source: The same file, opened.

    Raises:
        ValueError: The file cannot be read or decompressed, or is text in UTF-16 or UTF-32.

    Warns:
        InputWarning: A bgzip file has no block that marks its end, so it may be cut. Of a pipe this cannot be known.
    """
    held, skip = b"\n", 1  # the text's beginning is the beginning of a line
    for number, chunk in enumerate(_decompressed(path, source)):
        if number == 0:
            _check_encoding(path, chunk)
        text = held + chunk
        if b"\xef" in text:  # one byte is found ten times as fast as four
            text = text.replace(_MARKED_LINE, b"\n")
        end = len(text) - next((n for n in (3, 2, 1) if text.endswith(_MARKED_LINE[:n])), 0)
        held = text[end:]
        if end:
            yield text[skip:end]
            skip = 0
    yield held[skip:]


def _decompressed(path: Path, source: BinaryIO | None) -> Iterator[bytes]:
    num_bytes = 0
    try:
        with contextlib.ExitStack() as stack:
            raw = stack.enter_context(path.open("rb")) if source is None else source
            file = stack.enter_context(xopen(raw, "rb", threads=1))  # one thread decompresses ahead
            while chunk := file.read(_BLOCK_BYTES if num_bytes else max(4, _BLOCK_BYTES)):
                num_bytes += len(chunk)
                yield chunk
            if _has_open_end(raw):
                warnings.warn(
                    f"{path}: ends without the empty block that bgzip writes last. Another program may have written "
                    "it, or it was cut between two blocks. Compare its size or checksum with the source's",
                    InputWarning,
                    stacklevel=1,
                )
    except PermissionError as error:
        raise ValueError(f"{path}: may not be read; check its permissions") from error
    except InputWarning:
        raise  # where warnings are errors
    except Exception as error:  # every compression library raises classes of its own
        raise ValueError(
            f"{path}: cannot be read beyond byte {num_bytes:,} of its text: it is truncated, damaged or not of the "
            f"kind its ending says; fetch it again ({type(error).__name__}: {error})"
        ) from error


def _has_open_end(file: BinaryIO) -> bool:
    """Returns whether a file ends with a whole block of bgzip that is not the empty one for its end."""
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        return False
    tail = os.pread(file.fileno(), _LARGEST_BGZIP_BLOCK, max(0, status.st_size - _LARGEST_BGZIP_BLOCK))
    last = [None, *_BGZIP_HEAD.finditer(tail)][-1]
    if last is None or last.start() + int.from_bytes(last[1], "little") + 1 != len(tail):
        return False
    return tail[-4:] != bytes(4)  # a gzip member ends with the length of its text


def _check_encoding(path: Path, beginning: bytes) -> None:
    for name, pattern in _OTHER_ENCODINGS.items():
        if pattern.match(beginning):
            raise ValueError(f"{path}: is text in {name}; convert it to UTF-8: iconv -f {name} -t UTF-8 OLD > NEW")
