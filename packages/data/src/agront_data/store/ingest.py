"""FASTA files into a genome store: several genomes at once, resumable genome by genome.

`store.json` is written last and alone makes the folder or bucket prefix a store, so whatever interrupts an ingest, what
it leaves behind can never be opened; or, where genomes are added to a store, the store is what it was. Object stores
have no rename; this rule needs none.
"""

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import tensorstore as ts

from agront_data.path_checks import check_rereadable
from agront_data.store import key_value, layout
from agront_data.store.genome import Genome
from agront_data.store.genome_store import GenomeStore
from agront_data.store.ingest_genome import GenomeProgress, Source, ingest_genome, read_ingested
from agront_data.store.ingest_workers import ingest_in_parallel
from agront_data.store.store_header import StoreHeader, holds_store, read_header, write_header
from agront_data.store.write_lock import write_lock

_MARKER = json.dumps({"format": layout.FORMAT, "format_version": layout.FORMAT_VERSION}).encode()

# Names become folders in the store and the part before the ":" in "genome:contig".
_GENOME_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def ingest_genomes(
    genomes: Mapping[str, Sequence[str | os.PathLike[str]]],
    store: str | os.PathLike[str],
    *,
    add: bool = False,
    workers: int = 1,
    endpoint: str | None = None,
    on_progress: Callable[[GenomeProgress], None] | None = None,
) -> GenomeStore:
    """Writes FASTA files into a genome store and opens it.

    What an interrupted ingest has finished is kept: a genome whose files are the same (by name, size and time, or else
    by content) is not ingested again; what is not asked for again is deleted. Contents and fingerprint do not depend on
    interruptions, workers or order. While genomes are added to a store, it can be read as it was; it has them all at
    once, at the end.

    A process holds a block of letters and two shards (32 MiB) with their packed form, whatever the length of contigs.

    Args:
        genomes: FASTA files of each genome (species or assembly); contigs keep the order of the files.
        store: Folder or tensorstore URL.
        add: Whether genomes may be added to a finished store.
        workers: Number of processes, each with one genome at a time. More than 1 needs the usual
            `if __name__ == "__main__":` in the calling script.
        endpoint: Address of an S3-compatible server that is not Amazon's, for `s3://bucket/path`.
        on_progress: Called as genomes are read, several times a second; and once for each that need not be.

    Raises:
        FileNotFoundError: A FASTA file does not exist (checked before anything is written).
        BlockingIOError: Another process is writing the store.
        OSError: The store cannot be written to, such as a full disk. What is finished is kept.
        ValueError: A file is no DNA FASTA (see `read_fasta`), or a pipe, since it is read twice; a genome has two
            contigs of one name or a name that cannot be a folder's; the place holds other files; or it holds a finished
            store and genomes would be added without `add`, or be ingested again from other files.
    """
    location = os.fspath(store)
    files = {name: [Path(file) for file in genomes[name]] for name in sorted(genomes)}
    _check_arguments(files, location, workers)
    key_value_store = key_value.open_key_value_store(location, endpoint, first_key=layout.STORE_KEY)
    _check_place(key_value_store, location)
    with write_lock(key_value_store, location) as lock:
        header = read_header(key_value_store, location)
        present = {} if header is None else _genomes_present(key_value_store, header, location, files, add)
        new = {name: paths for name, paths in files.items() if name not in present}
        if not new:
            return GenomeStore.open(location, endpoint=endpoint)
        finished = _finished_before(key_value_store, new, present)
        key_value.write_key(key_value_store, layout.UNFINISHED_KEY, _MARKER)
        todo = {name: paths for name, paths in new.items() if name not in finished}
        report = on_progress if on_progress is not None else _ignore
        for name in files.keys() - todo.keys():
            report(_done((present | finished)[name], files[name]))
        if min(workers, len(todo)) > 1:
            finished |= ingest_in_parallel(location, endpoint, todo, workers, lock, report)
        else:
            for name, paths in todo.items():
                finished[name] = ingest_genome(key_value_store, location, name, paths, lock, report)
        lock.check(key_value_store, location)
        write_header(key_value_store, [*present.values(), *finished.values()])
        key_value.write_key(key_value_store, layout.UNFINISHED_KEY, None)
    return GenomeStore.open(location, endpoint=endpoint)


def _check_arguments(files: Mapping[str, Sequence[Path]], location: str, workers: int) -> None:
    if not location:
        raise ValueError("no place for the store is named; name a folder or a URL")
    if not files:
        raise ValueError("no genome to ingest; give at least one genome with its FASTA files")
    for name, paths in files.items():
        if not _GENOME_NAME.fullmatch(name):
            raise ValueError(f"genome name {name!r} cannot be a folder's; use letters, digits, '.', '_' and '-'")
        if not paths:
            raise ValueError(f"genome {name!r} has no FASTA file; give at least one")
        for path in paths:
            if not path.exists():
                raise FileNotFoundError(f"{path}: no such file (genome {name!r}); check the path")
            if path.is_dir():
                raise ValueError(f"{path}: is a folder; name the FASTA files in it")
            check_rereadable(path)
    if workers < 1:
        raise ValueError(f"`workers` is {workers}: it must be at least 1")
    folder = key_value.local_folder(location)
    if folder is not None and Path(folder).is_file():
        raise ValueError(f"{location}: is a file; name a new folder for the store")


def _check_place(store: ts.KvStore, location: str) -> None:
    """Refuses a place that holds anything but a store, finished or not."""
    if not holds_store(store) and set(key_value.list_keys(store)) - {layout.LOCK_KEY}:
        raise ValueError(f"{location}: holds other files and no genome store; name a new or empty folder")


def _genomes_present(
    store: ts.KvStore, header: StoreHeader, location: str, files: Mapping[str, Sequence[Path]], add: bool
) -> dict[str, Genome]:
    """Returns the genomes of a finished store, if what is asked for goes with them."""
    present = {genome.name: genome for genome in header.genomes}
    if not add and files.keys() != present.keys():
        raise ValueError(
            f"{location}: holds a finished store of {', '.join(present)}; add genomes to it with `add`, or name "
            "another place"
        )
    for name in files.keys() & present.keys():
        ingested = read_ingested(store, name)
        if ingested is None or not _are_still(ingested[1], files[name]):
            raise ValueError(
                f"{location}: genome {name!r} is in the store, made from other files than "
                f"{', '.join(map(str, files[name]))}; leave it out, call it something else, or write a new store"
            )
    return present


def _finished_before(
    store: ts.KvStore, new: Mapping[str, Sequence[Path]], present: Mapping[str, Genome]
) -> dict[str, Genome]:
    """Returns what an interrupted ingest has finished of the new genomes, and deletes all else that it left."""
    finished, is_readable = {}, key_value.read_key(store, layout.UNFINISHED_KEY) == _MARKER
    for name in layout.genomes_written(store) - present.keys():
        ingested = read_ingested(store, name) if name in new and is_readable else None
        if ingested is not None and _are_still(ingested[1], new[name]):
            finished[name] = ingested[0]
        else:
            layout.delete_genome(store, name)
    return finished


def _are_still(sources: Sequence[Source], paths: Sequence[Path]) -> bool:
    return len(sources) == len(paths) and all(s.is_still(path) for s, path in zip(sources, paths, strict=True))


def _done(genome: Genome, paths: Sequence[Path]) -> GenomeProgress:
    """Reports on a genome that need not be read."""
    num_bytes = sum(path.stat().st_size for path in paths)
    return GenomeProgress(genome.name, paths[-1], genome.contigs[-1].name, genome.length, num_bytes, num_bytes)


def _ignore(progress: GenomeProgress) -> None:
    """Reports to nobody."""
