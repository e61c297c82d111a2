"""`HttpClient`: polite, patient reading from public servers."""

import contextlib
import dataclasses
import importlib.metadata
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import urllib3
from urllib3.exceptions import HTTPError

from agront_data.public_genomes.connection_pools import ConnectionPools

_T = TypeVar("_T")

_TEMPORARY = (408, 425, 429, 500, 502, 503, 504)  # RFC 9110; 425 is RFC 8470, 429 RFC 6585
_CHUNK_BYTES = 1 << 16
_NAME = "agront-data"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RetryPolicy:
    """How long to go on with a server that fails.

    Attributes:
        num_attempts: Attempts in a row that may fail; one that brings a file further than it was starts the count anew.
        backoff: Seconds to wait after the first failure; doubled after each further one in a row.
        longest_wait: Seconds to wait at most. A server that asks for more, by `Retry-After`, is not asked again.
        connect_timeout: Seconds that a connection may take.
        read_timeout: Seconds without a byte after which a connection counts as broken.
    """

    num_attempts: int = 6
    backoff: float = 2.0
    longest_wait: float = 300.0
    connect_timeout: float = 30.0
    read_timeout: float = 60.0

    def __post_init__(self) -> None:
        if self.num_attempts < 1:
            raise ValueError(f"num_attempts is {self.num_attempts}; at least one attempt is needed")


class TemporaryError(Exception):
    """What may be otherwise at the next attempt.

    Attributes:
        retry_after: Seconds that the server asks to wait.
    """

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoppedError(Exception):
    """`HttpClient.stop` was called, from another thread."""


class HttpClient:
    """Requests with retries; several threads may share one.

    Args:
        policy: How long to go on.
        per_server: Connections kept to each server.
    """

    def __init__(self, policy: RetryPolicy, per_server: int) -> None:
        self._policy = policy
        self._stopping = threading.Event()
        self._reading: set[urllib3.BaseHTTPResponse] = set()
        self._headers = {
            "User-Agent": f"{_NAME}/{importlib.metadata.version(_NAME)} (open AgroNT; genome download)",
            "Accept-Encoding": "identity",  # the bytes as the checksum is of
        }
        self._pools = ConnectionPools(
            timeout=urllib3.Timeout(connect=policy.connect_timeout, read=policy.read_timeout),
            retries=urllib3.Retry(None, connect=0, read=0, redirect=5, status=0, respect_retry_after_header=False),
            maxsize=per_server,
        )

    def stop(self) -> None:
        """Makes all threads raise `StoppedError` soon."""
        self._stopping.set()
        for response in tuple(self._reading):
            with contextlib.suppress(ValueError, RuntimeError, OSError):  # it has ended by itself
                response.shutdown()

    def check_stopped(self) -> None:
        """Raises `StoppedError` after `stop`."""
        if self._stopping.is_set():
            raise StoppedError

    @contextlib.contextmanager
    def open(
        self, url: str, headers: Mapping[str, str] | None = None, *, method: str = "GET"
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """Opens a response with status 200, 206 or 416, its content not yet read.

        Raises:
            TemporaryError: The server cannot be reached, breaks off (then or while the content is read), or asks
                to wait.
            OSError: It refuses, whatever is tried.
        """
        self.check_stopped()
        try:
            response = self._pools.choose(url).request(
                method, url, headers={**self._headers, **(headers or {})}, preload_content=False
            )
            self._reading.add(response)
            try:
                if response.status in _TEMPORARY:
                    wait = urllib3.Retry().get_retry_after(response) or 0.0
                    raise TemporaryError(f"the server answers {response.status} {response.reason}", wait)
                if response.status not in (200, 206, 416):
                    raise OSError(
                        f"{url}: the server answers {response.status} {response.reason}; check the address, or name "
                        "another server"
                    )
                yield response
            finally:
                self._reading.discard(response)
                response.close()  # not given back to the pool: there may be content left
        except HTTPError as error:
            raise TemporaryError(_reason(error)) from error

    def chunks(self, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        """Yields a response's content as it comes, undecoded."""
        while data := response.read1(_CHUNK_BYTES, decode_content=False):
            yield data
            self.check_stopped()

    def retry(
        self,
        url: str,
        attempt: Callable[[], _T],
        *,
        progress: Callable[[], int] = lambda: 0,
        on_wait: Callable[[], None] = lambda: None,
    ) -> _T:
        """Calls `attempt` until it raises no `TemporaryError`, waiting longer each time.

        Args:
            url: For messages.
            attempt: What to do.
            progress: Measures how far it came; more than ever before makes the count of failures begin anew.
            on_wait: Called before each wait.

        Raises:
            OSError: `RetryPolicy.num_attempts` in a row failed, or the server asks to wait too long.
        """
        furthest, failures = progress(), 0
        while True:
            try:
                return attempt()
            except TemporaryError as failure:
                self.check_stopped()
                if progress() > furthest:
                    furthest, failures = progress(), 0
                failures += 1
                if failures >= self._policy.num_attempts:
                    raise OSError(
                        f"{url}: {failure}; given up after {failures} attempts in a row. What has come is kept: run "
                        "the same again later, or name another server"
                    ) from failure
                if failure.retry_after > self._policy.longest_wait:
                    raise OSError(
                        f"{url}: {failure} and asks to come again in {failure.retry_after:,.0f} s. What has come is "
                        "kept: run the same again then, or name another server"
                    ) from failure
                on_wait()
                wait = min(self._policy.backoff * 2 ** (failures - 1), self._policy.longest_wait)
                if self._stopping.wait(max(wait, failure.retry_after)):
                    raise StoppedError from failure

    def read_text(self, url: str) -> str:
        """Returns the content of a small text file."""

        def attempt() -> str:
            with self.open(url) as response:
                return b"".join(self.chunks(response)).decode("utf-8", "replace")

        return self.retry(url, attempt)

    def num_bytes(self, url: str) -> int | None:
        """Returns a remote file's size, None where the server does not say."""

        def attempt() -> int | None:
            with self.open(url, method="HEAD") as response:
                length = response.headers.get("Content-Length", "")
                return int(length) if length.isdecimal() else None

        return self.retry(url, attempt)


def _reason(error: HTTPError) -> str:
    """Returns what went wrong, without the wrapping that `urllib3` puts around it."""
    reason = getattr(error, "reason", None)
    return _reason(reason) if isinstance(reason, HTTPError) else f"the connection failed ({error})"
