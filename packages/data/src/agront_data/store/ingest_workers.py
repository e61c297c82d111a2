"""Genomes ingested by several processes, the largest first."""

import multiprocessing
import os
import queue
import signal
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, TypeAlias

from agront_data.store import key_value, layout
from agront_data.store.genome import Genome
from agront_data.store.ingest_genome import GenomeProgress, ingest_genome
from agront_data.store.write_lock import WriteLock

_SECONDS_BETWEEN_REPORTS = 0.1


# What a worker gives: a genome, and what it was warned of, which is for the process that asked.
_Done: TypeAlias = tuple[Genome, list[Warning]]


class _StoppedError(Exception):
    """Raised in a worker whose work is no longer wanted."""


def ingest_in_parallel(
    location: str,
    endpoint: str | None,
    genomes: Mapping[str, Sequence[Path]],
    workers: int,
    lock: WriteLock,
    on_progress: Callable[[GenomeProgress], None],
) -> dict[str, Genome]:
    """Ingests genomes into an unfinished store, each by one process.

    The first error, or Ctrl-C, stops all workers within a block; the genomes finished by then stay.

    Args:
        location: Folder or URL of the store.
        endpoint: As for `ingest_genomes`.
        genomes: FASTA files of each genome.
        workers: Number of processes.
        lock: The store's lock, which the workers hold as well.
        on_progress: Called in this process.

    Raises:
        OSError: A worker was killed.
        ValueError: As `ingest_genome`.
    """
    # Not forked: tensorstore has threads.
    context = multiprocessing.get_context("spawn")
    reports, stop = context.Queue(), context.Event()
    largest_first = sorted(genomes, key=lambda name: -sum(path.stat().st_size for path in genomes[name]))
    pool = ProcessPoolExecutor(
        min(workers, len(genomes)), context, _start_worker, (location, endpoint, reports, stop, lock)
    )
    try:
        futures = {name: pool.submit(_work, name, list(genomes[name])) for name in largest_first}
        _wait(futures, reports, on_progress)
        done = {name: future.result() for name, future in futures.items()}
    except BrokenProcessPool as error:
        raise OSError(
            f"{location}: a worker process was killed, perhaps for want of memory; run again, with fewer `workers`: "
            "the genomes that are finished are kept"
        ) from error
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
        reports.close()
    for _, warned in done.values():
        for warning in warned:
            warnings.warn(warning, stacklevel=1)
    return {name: genome for name, (genome, _) in done.items()}


def _wait(futures: Mapping[str, "Future[_Done]"], reports: Any, on_progress: Callable[[GenomeProgress], None]) -> None:
    """Passes reports on until all are done, or one has failed."""
    while True:
        done = [future for future in futures.values() if future.done()]
        try:
            while True:
                on_progress(reports.get(timeout=0 if done else _SECONDS_BETWEEN_REPORTS))
        except queue.Empty:
            pass
        for future in done:
            future.result()
        if len(done) == len(futures):
            return
        time.sleep(_SECONDS_BETWEEN_REPORTS / 10)


# A worker process's own: a pool hands its processes what they share at their start only.
_worker: dict[str, Any] = {}


def _start_worker(location: str, endpoint: str | None, reports: Any, stop: Any, lock: WriteLock) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which stops us
    store = key_value.open_key_value_store(location, endpoint, first_key=layout.STORE_KEY)
    _worker.update(store=store, location=location, reports=reports, stop=stop, lock=lock)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Ends this process when its parent has ended, however: whoever runs next must find the store at rest."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(name: str, paths: Sequence[Path]) -> _Done:
    last = 0.0

    def report(progress: GenomeProgress) -> None:
        nonlocal last
        if _worker["stop"].is_set():
            raise _StoppedError(name)
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN_REPORTS or progress.bytes_read == progress.bytes_in_all:
            _worker["reports"].put(progress)
            last = now

    with warnings.catch_warnings(record=True) as caught:
        genome = ingest_genome(_worker["store"], _worker["location"], name, paths, _worker["lock"], report)
    return genome, [each.message for each in caught if isinstance(each.message, Warning)]
