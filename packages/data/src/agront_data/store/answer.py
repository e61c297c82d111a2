"""Waiting for what a store is asked: a disk is given all the time it takes, a server that is silent is given up."""

import threading
import time
import warnings
from typing import Any

import tensorstore as ts

SECONDS_TO_OPEN = 60.0
"""Time for a server to answer the first requests to a store, and to read what lists its genomes."""
SECONDS_TO_TRANSFER = 300.0
"""Time for a server to deliver sequence or to take it: a run or an ingest outlives an interruption that is shorter."""
_SECONDS_IN_SILENCE = 10.0
_SECONDS_BETWEEN_LOOKS = 0.5

# tensorstore's own limits are 32 attempts, up to 32 seconds apart. The first makes 7 within 20 seconds, so that an
# address where no server is gets an error with the reason; the second goes on for as long as we wait.
_RETRIES_TO_OPEN = {"max_retries": 6, "initial_delay": "250ms", "max_delay": "4s"}
_RETRIES_TO_TRANSFER = {"max_retries": 1000, "initial_delay": "250ms", "max_delay": "8s"}
_RETRIED = ("http_request_retries", "gcs_request_retries", "s3_request_retries")


class SilentServerWarning(UserWarning):
    """A server that holds a store has not answered for ten seconds; it is waited for."""


def context_to_open() -> ts.Context:
    """Returns settings of servers for the first requests to a store."""
    return ts.Context(dict.fromkeys(_RETRIED, _RETRIES_TO_OPEN))


def context_to_transfer() -> ts.Context:
    """Returns settings of servers for all other requests."""
    return ts.Context(dict.fromkeys(_RETRIED, _RETRIES_TO_TRANSFER))


def answer_to(
    request: "ts.Future[Any] | ts.WriteFutures", where: str, seconds: float, given_up: threading.Event | None = None
) -> Any:
    """Returns the result of a request to a store.

    Args:
        request: What was asked.
        where: The store's folder, which is waited for as long as it takes, or its URL.
        seconds: How long a server is waited for.
        given_up: Set where a server is given up, here or by another thread: all who wait for it then end soon. Else a
            thread that reads ahead would begin to wait anew, and keep the process from its end.

    Raises:
        TimeoutError: The server has given no answer; the message says for how long.
        OSError: As tensorstore raises it, or a `ValueError`.

    Warns:
        SilentServerWarning: The server has not answered for ten seconds.
    """
    if "://" not in where or where.startswith("file://"):
        return request.result()
    given_up = threading.Event() if given_up is None else given_up
    begun, said = time.monotonic(), False
    while not given_up.is_set():
        left = begun + seconds - time.monotonic()
        try:
            return request.result(timeout=max(0.0, min(_SECONDS_BETWEEN_LOOKS, left)))
        except TimeoutError:
            if request.done():  # tensorstore's own error
                raise
        waited = time.monotonic() - begun
        if waited >= seconds:
            given_up.set()
        elif waited >= _SECONDS_IN_SILENCE and not said:
            said = True
            warnings.warn(
                f"{where}: the server has not answered for {_SECONDS_IN_SILENCE:g} seconds; it is given up after "
                f"{seconds:g}",
                SilentServerWarning,
                stacklevel=3,
            )
    raise TimeoutError(f"the server has not answered for {seconds:g} seconds")
