"""`Download`: a remote file to be had under a name, and how it is verified before it has that name."""

import dataclasses
import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from agront_data.public_genomes.checksum import Checksum, ChecksumKind, file_checksums, parse_checksums
from agront_data.public_genomes.http_client import HttpClient
from agront_data.public_genomes.partial_file import PartialFile
from agront_data.public_genomes.receipt import Receipt
from agront_data.public_genomes.transfer import local_file, transfer

_ADDRESS = re.compile(r"(https?://[^/\s]+|file://)/\S+")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Download:
    """A remote file, and what is known of it beforehand.

    Attributes:
        name: The file's name here.
        url: `http:`, `https:` or `file:`.
        checksum: Its checksum, if known.
        checksums_url: Else, if there is one, the source's list of checksums (see `parse_checksums`), in which the last
            part of `url` stands.
        num_bytes: Its size, if known for sure: another one is an error.

    Raises:
        ValueError: The name is not that of a file in a folder, or an address is none.
    """

    name: str
    url: str
    checksum: Checksum | None = None
    checksums_url: str | None = None
    num_bytes: int | None = None

    def __post_init__(self) -> None:
        if not self.name or "/" in self.name or self.name.startswith("."):
            raise ValueError(f"{self.name!r} cannot be the name of {self.url} here; use letters, digits, '.' and '_'")
        for address in (self.url, self.checksums_url or self.url):
            if not _ADDRESS.fullmatch(address):
                raise ValueError(f"{address!r} is no address of {self.name}; write https://server/path or file:///path")

    @property
    def server(self) -> str:
        """Which server the file comes from; none if from this machine."""
        return self.url.partition("://")[2].partition("/")[0]


class DownloadProgress(NamedTuple):
    """How far one file has come.

    Attributes:
        name: As in `Download`.
        state: `downloading`; `waiting` for a server that failed; `verifying`; `done`; `present`: it was there already;
            `failed`.
        num_bytes: Bytes there, or verified.
        total: Size of the whole file; None as long as it is not known.
    """

    name: str
    state: Literal["downloading", "waiting", "verifying", "done", "present", "failed"]
    num_bytes: int
    total: int | None


def fetch_file(
    download: Download, folder: Path, client: HttpClient, on_progress: Callable[[DownloadProgress], None]
) -> Receipt:
    """Brings one file into a folder; see `download_files`, which calls this in threads."""
    target = folder / download.name

    def verified(num_bytes: int) -> None:
        client.check_stopped()
        on_progress(DownloadProgress(download.name, "verifying", num_bytes, size))

    with PartialFile(target) as part:
        if target.exists():
            size = target.stat().st_size
            receipt = _present(download, target, client, verified)
            on_progress(DownloadProgress(download.name, "present", size, size))
            return receipt

        def on_its_way(state: Literal["downloading", "waiting"]) -> None:
            total = part.version.num_bytes if part.version is not None else download.num_bytes
            on_progress(DownloadProgress(download.name, state, part.size, total))

        for _ in range(2):
            expected = _published_checksum(download, client)
            transfer(
                client,
                download.url,
                part,
                on_bytes=lambda: on_its_way("downloading"),
                on_wait=lambda: on_its_way("waiting"),
            )
            size = part.size
            receipt, difference = _compare(download, part.path, expected, verified)
            if difference is None:
                receipt.write(target)
                part.finish()
                on_progress(DownloadProgress(download.name, "done", size, size))
                return receipt
            part.discard()
    raise ValueError(
        f"{download.url}: {difference}, and again when fetched anew; {target} was not written. Try later, or name "
        "another server"
    )


def _present(download: Download, file: Path, client: HttpClient, verified: Callable[[int], None]) -> Receipt:
    """Returns the receipt of a file that is there already, if it is the one wanted."""
    receipt = Receipt.read(file)
    if receipt is not None and receipt.url == download.url and receipt.num_bytes == file.stat().st_size:
        return receipt
    expected = _published_checksum(download, client)
    receipt, difference = _compare(download, file, expected, verified)
    if expected is None:
        difference = "it has no receipt of that address, and its source publishes no checksum"
    if difference is not None:
        raise ValueError(
            f"{file}: is there already and cannot be taken for {download.url}: {difference}; move it away or choose "
            "another folder"
        )
    receipt.write(file)
    return receipt


def _published_checksum(download: Download, client: HttpClient) -> Checksum | None:
    if download.checksum is not None or download.checksums_url is None:
        return download.checksum
    url, name = download.checksums_url, download.url.rpartition("/")[2]
    text = local_file(url).read_text() if url.startswith("file:") else client.read_text(url)
    checksums = parse_checksums(text, url)
    if name not in checksums:
        raise ValueError(f"{url}: lists no {name}; check release and assembly")
    return checksums[name]


def _compare(
    download: Download, file: Path, expected: Checksum | None, verified: Callable[[int], None]
) -> tuple[Receipt, str | None]:
    """Returns the file's receipt, and in what the file is not as expected."""
    kinds: set[ChecksumKind] = {"sha256"} if expected is None else {"sha256", expected.kind}
    found = file_checksums(file, kinds, on_progress=verified)
    num_bytes = file.stat().st_size
    receipt = Receipt(
        url=download.url,
        num_bytes=num_bytes,
        checksum=expected,
        sha256=found["sha256"].value,
        fetched=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
    if download.num_bytes not in (None, num_bytes):
        return receipt, f"expected are {download.num_bytes:,} bytes, found {num_bytes:,}"
    if expected is not None and found[expected.kind] != expected:
        return receipt, f"expected is {expected}, found {found[expected.kind]}"
    return receipt, None
