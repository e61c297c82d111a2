"""`Receipt`: what is noted beside a downloaded file, so that it can be verified without the network."""

import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path

from agront_data.public_genomes.checksum import Checksum, file_checksums
from agront_data.store import is_store

_SUFFIX = ".json"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Receipt:
    """Lies beside a downloaded file NAME as NAME.json.

    Attributes:
        url: Where the file came from.
        num_bytes: Its size.
        checksum: What the source publishes of it, if it does.
        sha256: Of the file as it was verified.
        fetched: Date and time, ISO 8601, UTC.
    """

    url: str
    num_bytes: int
    checksum: Checksum | None
    sha256: str
    fetched: str

    def write(self, file: Path) -> None:
        """Writes the receipt of a file, whole or not at all."""
        temporary = file.with_name(f"{file.name}{_SUFFIX}.new")
        with temporary.open("w") as stream:
            json.dump(dataclasses.asdict(self), stream, indent=2)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(_path(file))

    @classmethod
    def read(cls, file: Path) -> "Receipt | None":
        """Reads the receipt of a file; None where it has none.

        Raises:
            ValueError: What lies there is no receipt.
        """
        path = _path(file)
        if not path.exists():
            return None
        try:
            entries = json.loads(path.read_bytes())
            checksum = entries["checksum"] and Checksum(**entries["checksum"])
            receipt = cls(**{**entries, "checksum": checksum})
            Checksum(kind="sha256", value=receipt.sha256)
            return receipt
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ValueError(
                f"{path}: is no receipt of a download ({type(error).__name__}: {error}); check the folder, or move "
                "this file elsewhere and fetch again"
            ) from error


def receipted_files(folder: Path) -> tuple[Path, ...]:
    """Returns the files in a folder that have, or had, a receipt; sorted, also those that are gone.

    Raises:
        ValueError: The folder is a genome store.
    """
    if is_store(folder):
        raise ValueError(f"{folder}: is a genome store; give the folder that the FASTA files in it were fetched to")
    suffixes = (f".part{_SUFFIX}",)
    paths = (path for path in folder.glob(f"*{_SUFFIX}") if not path.name.endswith(suffixes))
    return tuple(sorted(path.with_name(path.name.removesuffix(_SUFFIX)) for path in paths))


def verify_file(file: Path, *, on_progress: Callable[[int], None] | None = None) -> Receipt:
    """Compares a downloaded file with its receipt: size, sha256 and the source's own checksum.

    Args:
        file: A file fetched by `download_files`.
        on_progress: Called with the number of bytes read so far.

    Raises:
        ValueError: The file is gone, has no receipt, or is not what was fetched.
    """
    receipt = Receipt.read(file)
    if receipt is None:
        raise ValueError(f"{file}: has no receipt {_path(file).name}; fetch it again")
    if not file.exists():
        raise ValueError(f"{file}: is gone; fetch it again from {receipt.url}")
    remedy = f"remove it and fetch it again from {receipt.url}"
    num_bytes = file.stat().st_size
    if num_bytes != receipt.num_bytes:
        raise ValueError(f"{file}: holds {num_bytes:,} bytes, fetched were {receipt.num_bytes:,}; {remedy}")
    expected = [Checksum(kind="sha256", value=receipt.sha256), *([receipt.checksum] if receipt.checksum else [])]
    found = file_checksums(file, {checksum.kind for checksum in expected}, on_progress=on_progress)
    for checksum in expected:
        if found[checksum.kind] != checksum:
            raise ValueError(f"{file}: has {found[checksum.kind]}, fetched was {checksum}; {remedy}")
    return receipt


def _path(file: Path) -> Path:
    return file.with_name(file.name + _SUFFIX)
