"""`transfer`: one remote file into a partial one, resumed where it broke off."""

import re
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

from urllib3 import BaseHTTPResponse

from agront_data.public_genomes.http_client import HttpClient, TemporaryError
from agront_data.public_genomes.partial_file import PartialFile, RemoteVersion

_READ_BYTES = 1 << 20


def transfer(
    client: HttpClient,
    url: str,
    part: PartialFile,
    *,
    on_bytes: Callable[[], None] = lambda: None,
    on_wait: Callable[[], None] = lambda: None,
) -> None:
    """Brings a remote file into `part`, from where it is; begins anew where the remote file has changed meanwhile.

    Args:
        client: For `http` and `https`.
        url: Of these schemes, or `file:`.
        part: Held by the caller.
        on_bytes: Called after each piece.
        on_wait: Called before each wait for a server that failed.

    Raises:
        OSError: The server refuses or fails too often, or `part` cannot be written to.
        ValueError: The address is of no known scheme.
    """
    if url.startswith("file:"):
        _copy(url, part, client, on_bytes)
    else:
        client.retry(url, lambda: _attempt(client, url, part, on_bytes), progress=lambda: part.size, on_wait=on_wait)


def _attempt(client: HttpClient, url: str, part: PartialFile, on_bytes: Callable[[], None]) -> None:
    version, headers = part.version, {}
    if version is None or version.url != url or version.validator is None:
        part.discard()  # nothing tells whether the remote file is still the one that these bytes are of
    elif part.size == version.num_bytes:
        return
    else:
        headers = {"Range": f"bytes={part.size}-", "If-Range": version.validator}
    with client.open(url, headers) as response:
        if response.status == 200:
            part.start(RemoteVersion.from_headers(url, response.headers, _content_length(response)))
        else:
            _check_continues(url, response, part)
        on_bytes()
        for data in client.chunks(response):
            part.append(data)
            on_bytes()
    num_bytes = part.version.num_bytes if part.version is not None else None
    if num_bytes is not None and part.size != num_bytes:
        size = part.size
        if size > num_bytes:
            part.discard()
        raise TemporaryError(f"the server sent {size:,} of {num_bytes:,} bytes")


def _check_continues(url: str, response: BaseHTTPResponse, part: PartialFile) -> None:
    """Drops what is there if the answer, 206 or 416, is not its continuation."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip())
    total = int(found[2]) if found and found[2] != "*" else None
    version, offered = part.version, RemoteVersion.from_headers(url, response.headers, total)
    if (
        response.status == 206
        and version is not None
        and found
        and int(found[1]) == part.size
        and total in (None, version.num_bytes)
        and offered.validator == version.validator
    ):
        return
    size = part.size
    part.discard()
    answer = f"{response.status}, Content-Range {response.headers.get('Content-Range')!r}"
    raise TemporaryError(f"the server does not continue the file at byte {size:,} ({answer}); it is begun anew")


def _content_length(response: BaseHTTPResponse) -> int | None:
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def local_file(url: str) -> Path:
    """Returns the file that a `file:` address names.

    Raises:
        FileNotFoundError: There is none.
    """
    file = Path(urllib.request.url2pathname(urllib.parse.urlsplit(url).path))
    if not file.is_file():
        raise FileNotFoundError(f"{file}: no such file; check the path")
    return file


def _copy(url: str, part: PartialFile, client: HttpClient, on_bytes: Callable[[], None]) -> None:
    source = local_file(url)
    part.start(RemoteVersion(url=url, num_bytes=source.stat().st_size))
    with source.open("rb") as stream:
        while data := stream.read(_READ_BYTES):
            client.check_stopped()
            part.append(data)
            on_bytes()
