"""`Checksum`: what a source publishes of a file's content, in the forms that Ensembl and NCBI use."""

import dataclasses
import hashlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from agront_data.public_genomes.bsd_sum import BsdSum

ChecksumKind = Literal["bsd-sum", "md5", "sha256"]
"""BSD `sum` (16 bits, rotating), md5, sha256."""

_BLOCK_BYTES = 1024  # `sum` counts blocks of this size, the last one as whole
_READ_BYTES = 1 << 20

_LINES: dict[ChecksumKind, re.Pattern[str]] = {
    "bsd-sum": re.compile(r"\s*(?P<value>\d{1,5}\s+\d+)\s+(?P<name>\S+)\s*"),
    "md5": re.compile(r"(?P<value>[0-9A-Fa-f]{32})\s+\*?(?P<name>\S+)\s*"),
}
_VALUES: dict[ChecksumKind, re.Pattern[str]] = {
    "bsd-sum": re.compile(r"\d{1,5} \d+"),
    "md5": re.compile("[0-9a-f]{32}"),
    "sha256": re.compile("[0-9a-f]{64}"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Checksum:
    """A checksum as published, in one spelling: two are equal where the values are.

    Attributes:
        kind: `bsd-sum` (BSD `sum`: 16 bits, rotating), `md5` or `sha256`.
        value: Lower-case hexadecimal digits; of a `bsd-sum`, checksum and number of 1 KiB blocks, `"1234 56"`.

    Raises:
        ValueError: The kind is unknown or the value is none of that kind.
    """

    kind: ChecksumKind
    value: str

    def __post_init__(self) -> None:
        if self.kind not in _VALUES:
            raise ValueError(f"unknown kind of checksum {self.kind!r}; known are {', '.join(_VALUES)}")
        value = self.value.lower()
        if self.kind == "bsd-sum":
            value = " ".join(field.lstrip("0") or "0" for field in value.split())  # Ensembl pads with zeros
        if not _VALUES[self.kind].fullmatch(value):
            raise ValueError(f"{self.value!r} is no {self.kind} checksum; write it as its program prints it")
        object.__setattr__(self, "value", value)

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class RunningChecksum:
    """A checksum of bytes that come in pieces, as `hashlib`'s.

    Args:
        kind: As in `Checksum`.
    """

    def __init__(self, kind: ChecksumKind) -> None:
        self._kind = kind
        self._num_bytes = 0
        # md5 is what NCBI publishes, here against damage and not against forgery.
        self._running = BsdSum() if kind == "bsd-sum" else hashlib.new(kind, usedforsecurity=False)

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Takes the next bytes."""
        self._running.update(data)
        self._num_bytes += len(data)

    @property
    def checksum(self) -> Checksum:
        """The checksum of all bytes so far."""
        if isinstance(self._running, BsdSum):
            num_blocks = -(-self._num_bytes // _BLOCK_BYTES)
            return Checksum(kind=self._kind, value=f"{self._running.digest} {num_blocks}")
        return Checksum(kind=self._kind, value=self._running.hexdigest())


def parse_checksums(text: str, source: str) -> dict[str, Checksum]:
    """Reads a folder's published checksums.

    Args:
        text: Of Ensembl's `CHECKSUMS` (a line `sum blocks name` a file, as BSD `sum` prints it, padded with zeros or
            not) or of NCBI's `md5checksums.txt` (`md5  ./name`, as `md5sum` prints it).
        source: Where the text comes from, for messages.

    Returns:
        The checksums by file name, without a leading `./`.

    Raises:
        ValueError: A line is of neither form, or a file has two checksums. The message names source, line and remedy.
    """
    checksums: dict[str, Checksum] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        kind, match = next(((k, m) for k, form in _LINES.items() if (m := form.fullmatch(line))), (None, None))
        if kind is None or match is None:
            raise ValueError(
                f"{source}: line {number} is no checksum: {line[:80]!r}; expected `sum blocks name` or `md5  ./name`. "
                "Check the address"
            )
        name = match["name"].removeprefix("./")
        checksum = Checksum(kind=kind, value=match["value"])
        if checksums.setdefault(name, checksum) != checksum:
            raise ValueError(
                f"{source}: line {number} gives {name} the checksum {checksum}, an earlier one {checksums[name]}; "
                "ask the server's operators which holds"
            )
    return checksums


def file_checksums(
    file: Path, kinds: Iterable[ChecksumKind], *, on_progress: Callable[[int], None] | None = None
) -> dict[ChecksumKind, Checksum]:
    """Returns checksums of a file, reading it once.

    Args:
        file: Any file.
        kinds: Which checksums.
        on_progress: Called with the number of bytes read so far.
    """
    running = {kind: RunningChecksum(kind) for kind in kinds}
    num_bytes = 0
    with file.open("rb") as stream:
        while data := stream.read(_READ_BYTES):
            for checksum in running.values():
                checksum.update(data)
            num_bytes += len(data)
            if on_progress is not None:
                on_progress(num_bytes)
    return {kind: checksum.checksum for kind, checksum in running.items()}
