"""`download_files`: many files from public servers, resumed, verified and named only when whole."""

import concurrent.futures
import contextlib
import os
import threading
import urllib.parse
from collections.abc import Callable, Sequence
from pathlib import Path

from agront_data.public_genomes.download import Download, DownloadProgress, fetch_file
from agront_data.public_genomes.http_client import HttpClient, RetryPolicy, TemporaryError
from agront_data.public_genomes.receipt import Receipt
from agront_data.public_genomes.transfer import local_file


def download_files(
    downloads: Sequence[Download],
    folder: str | os.PathLike[str],
    *,
    per_server: int = 2,
    policy: RetryPolicy | None = None,
    on_progress: Callable[[DownloadProgress], None] | None = None,
) -> tuple[Receipt, ...]:
    """Brings files into a folder, several at a time, each verified against what its source publishes.

    A file has its name only when it is whole, verified and on the disk; until then it is NAME.part, and the next call
    goes on with it, whatever ended this one. Beside it lies NAME.json (`Receipt`). What is there already with a receipt
    of the same address is not fetched again. A file that fails does not keep the others from coming.

    Args:
        downloads: No two of one name.
        folder: Made where absent.
        per_server: Files at a time from each server: few, because servers of public data are shared.
        policy: When to give up.
        on_progress: Called from the threads that download, one call at a time.

    Returns:
        The files' receipts, in order.

    Raises:
        ValueError: Two downloads have one name; a file's content twice differed from what is published; a file of the
            name is there already and is another one. The message names address, file, what was expected and found.
        OSError: A server refuses or fails too often; another process fetches the same file; the disk is full. If
            several files failed, the message has a line for each.
    """
    names = [download.name for download in downloads]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"two downloads of one name: {', '.join(twice)}; give each file a name of its own")
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    client = HttpClient(policy or RetryPolicy(), per_server)
    lock = threading.Lock()

    def fetch(download: Download) -> Receipt:
        last = DownloadProgress(download.name, "downloading", 0, download.num_bytes)

        def report(progress: DownloadProgress) -> None:
            nonlocal last
            last = progress
            if on_progress is not None:
                with lock:
                    on_progress(progress)

        try:
            return fetch_file(download, place, client, report)
        except (OSError, ValueError):
            report(last._replace(state="failed"))
            raise

    with contextlib.ExitStack() as stack:
        pools = {
            server: stack.enter_context(concurrent.futures.ThreadPoolExecutor(per_server))
            for server in {download.server for download in downloads}
        }
        futures = [pools[download.server].submit(fetch, download) for download in downloads]
        try:
            concurrent.futures.wait(futures)
        except BaseException:  # Ctrl-C comes here: the threads end at once, and what they have is kept
            for future in futures:
                future.cancel()
            client.stop()
            raise
    errors = [error for future in futures if (error := future.exception()) is not None]
    if len(errors) > 1 and all(isinstance(error, (OSError, ValueError)) for error in errors):
        raise OSError("\n".join([f"{len(errors)} of {len(futures)} files failed:", *map(str, errors)]))
    return tuple(future.result() for future in futures)


def remote_sizes(
    urls: Sequence[str], *, per_server: int = 2, policy: RetryPolicy | None = None
) -> tuple[int | None, ...]:
    """Returns the sizes of files in bytes, None for those whose server does not say.

    A server that fails once is not asked for the other files, so that without a network this takes no long time.
    """
    client = HttpClient(policy or RetryPolicy(num_attempts=1, connect_timeout=10.0, read_timeout=20.0), per_server)
    failed: set[str] = set()

    def size(url: str) -> int | None:
        server = urllib.parse.urlsplit(url).netloc
        if server in failed:
            return None
        try:
            return local_file(url).stat().st_size if url.startswith("file:") else client.num_bytes(url)
        except OSError as error:
            if isinstance(error.__cause__, TemporaryError):
                failed.add(server)
            return None

    with concurrent.futures.ThreadPoolExecutor(per_server) as pool:
        return tuple(pool.map(size, urls))
