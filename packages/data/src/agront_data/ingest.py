"""FASTA files into a genome store.

`store.json` is written last and alone makes the folder or bucket prefix a store, so whatever interrupts an ingest, what
it leaves behind can never be opened. Object stores have no rename; this rule needs none.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import tensorstore as ts

from agront_data import storage
from agront_data.bases import encode_sequence
from agront_data.fasta import FastaRecord, read_fasta
from agront_data.genome import Genome
from agront_data.genome_store import GenomeStore
from agront_data.genome_writer import GenomeWriter

# Names become folders in the store and the part before the ":" in "genome:contig".
_GENOME_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

# Bases encoded, counted and hashed at once: small enough for the processor's cache.
_BLOCK_BASES = 1 << 20


class IngestProgress(NamedTuple):
    """How far an ingest has come.

    Attributes:
        genome: Name of the genome at hand.
        file: File at hand.
        contig: Contig at hand.
        file_number: Number of the file at hand, from 1, over all genomes.
        num_files: Number of files of all genomes.
        num_bases: Bases taken so far, over all genomes.
    """

    genome: str
    file: Path
    contig: str
    file_number: int
    num_files: int
    num_bases: int


def ingest_genomes(
    genomes: Mapping[str, Sequence[str | os.PathLike[str]]],
    store: str | os.PathLike[str],
    *,
    on_progress: Callable[[IngestProgress], None] | None = None,
) -> GenomeStore:
    """Writes FASTA files into a new genome store and opens it.

    What an interrupted ingest has left at the same place is cleared first; a finished store, or anything else, is never
    touched. Memory holds one contig's letters and two shards (32 MiB).

    Args:
        genomes: FASTA files of each genome (species or assembly); contigs keep the order of the files.
        store: Folder or tensorstore URL.
        on_progress: Called for every contig, and every million bases of a long one.

    Raises:
        FileNotFoundError: A FASTA file does not exist (checked before anything is written).
        ValueError: A file is no DNA FASTA (see `read_fasta`), a genome has two contigs of one name or a name that
            cannot be a folder's, or the place already holds a finished store or other files.
    """
    location = os.fspath(store)
    files = {name: [Path(file) for file in genomes[name]] for name in sorted(genomes)}
    _check_sources(files)
    key_value_store = storage.open_key_value_store(location)
    _claim(key_value_store, location)

    num_files, num_bases, file_number = sum(map(len, files.values())), 0, 0
    finished: list[Genome] = []
    for name, paths in files.items():
        writer = GenomeWriter(key_value_store, name)
        for path, record in _records(name, paths):
            writer.start_contig(record.name, len(record.sequence))
            number = file_number + paths.index(path) + 1
            for start in range(0, len(record.sequence), _BLOCK_BASES):
                codes = encode_sequence(record.sequence[start : start + _BLOCK_BASES])
                writer.append(codes)
                num_bases += codes.size
                if on_progress is not None:
                    on_progress(IngestProgress(name, path, record.name, number, num_files, num_bases))
        finished.append(writer.finish())
        file_number += len(paths)
    header = {
        "format": storage.FORMAT,
        "format_version": storage.FORMAT_VERSION,
        "fingerprint": _fingerprint(finished),
        "genomes": [genome.to_json() for genome in finished],
    }
    key_value_store.write(storage.STORE_KEY, json.dumps(header)).result()
    key_value_store.write(storage.UNFINISHED_KEY, None).result()
    return GenomeStore.open(location)


def _check_sources(files: Mapping[str, Sequence[Path]]) -> None:
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


def _claim(store: ts.KvStore, location: str) -> None:
    """Makes the place ours: empty, with the marker of an unfinished ingest in it."""
    if "://" not in location and Path(location).is_file():
        raise ValueError(f"{location}: is a file; name a new folder for the store")
    if store.read(storage.STORE_KEY).result().state != "missing":
        raise ValueError(f"{location}: holds a finished store; open it, remove it, or name another place")
    if _is_unfinished(store):
        for folder in storage.FOLDERS:
            store.delete_range(ts.KvStore.KeyRange(f"{folder}/", f"{folder}0")).result()  # "0" follows "/"
    elif store.list().result():
        raise ValueError(f"{location}: holds other files and no genome store; name a new or empty folder")
    store.write(storage.UNFINISHED_KEY, json.dumps({"format": storage.FORMAT})).result()


def _is_unfinished(store: ts.KvStore) -> bool:
    """Whether the place holds our marker; a file of that name may be somebody else's."""
    found = store.read(storage.UNFINISHED_KEY).result()
    try:
        return bool(found.state != "missing" and json.loads(found.value)["format"] == storage.FORMAT)
    except (ValueError, KeyError, TypeError):
        return False


def _records(genome: str, paths: Sequence[Path]) -> Iterator[tuple[Path, FastaRecord]]:
    """Yields the records of a genome's files, each with its file; no contig name may come twice."""
    file_of_contig: dict[str, Path] = {}
    for path in paths:
        for record in read_fasta(path):
            if record.name in file_of_contig:
                raise ValueError(
                    f"genome {genome!r} has two contigs of the name {record.name!r}, in {file_of_contig[record.name]} "
                    f"and in {path}; rename or remove one, or give the files as two genomes"
                )
            file_of_contig[record.name] = path
            yield path, record


def _fingerprint(genomes: Iterable[Genome]) -> str:
    """Returns the sha256 of the genomes' names and fingerprints, in the order of their names."""
    lines = "".join(f"{genome.name}\0{genome.fingerprint}\n" for genome in genomes)
    return hashlib.sha256(lines.encode()).hexdigest()
