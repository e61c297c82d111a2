"""One genome's FASTA files into its arrays: what a worker process does."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import tensorstore as ts

from agront_data.sequence_files import read_fasta_blocks
from agront_data.store import key_value, layout
from agront_data.store.genome import Genome
from agront_data.store.genome_writer import GenomeWriter
from agront_data.store.write_lock import WriteLock


class Source(NamedTuple):
    """What a FASTA file is known by.

    Attributes:
        name: Of the file, without its folder.
        num_bytes: Its size.
        modified: Time of its last modification, in nanoseconds.
        sha256: Of its bytes as they are (compressed); None where they have not been read.
    """

    name: str
    num_bytes: int
    modified: int
    sha256: str | None = None

    @classmethod
    def of(cls, path: Path) -> "Source":
        """Looks at a file, without reading it."""
        status = path.stat()
        return cls(path.name, status.st_size, status.st_mtime_ns)

    def is_still(self, path: Path) -> bool:
        """Returns whether a file is the one that was read. It is read again only if nothing but its time differs."""
        now = Source.of(path)
        if now[:2] != self[:2]:
            return False
        return now.modified == self.modified or _sha256(path) == self.sha256


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class GenomeProgress(NamedTuple):
    """How far the ingest of one genome has come.

    Attributes:
        genome: Its name.
        file: File at hand.
        contig: Contig at hand.
        num_bases: Bases taken so far.
        bytes_read: Bytes read so far of its files, as they are (compressed).
        bytes_in_all: Size of its files.
    """

    genome: str
    file: Path
    contig: str
    num_bases: int
    bytes_read: int
    bytes_in_all: int


def ingest_genome(
    store: ts.KvStore,
    location: str,
    name: str,
    paths: Sequence[Path],
    lock: WriteLock,
    on_progress: Callable[[GenomeProgress], None],
) -> Genome:
    """Writes one genome, and last the record that it is whole.

    Memory holds a block of letters and two shards (32 MiB) with their packed form, whatever the length of contigs.

    Args:
        store: Where to; what lies there of this genome is deleted first.
        location: Its folder or URL.
        name: Of the genome.
        paths: Its FASTA files.
        lock: Checked before the record is written.
        on_progress: Called after each block of a quarter of a million bases. What it raises ends the ingest.

    Raises:
        OSError: The store cannot be written to, or was taken over.
        ValueError: A file is no DNA FASTA or changes while it is read, or two contigs have one name.
    """
    layout.delete_genome(store, name)
    sources = [Source.of(path) for path in paths]
    writer = GenomeWriter(store, name)
    file_of_contig: dict[str, Path] = {}
    bytes_before, bytes_in_all = 0, sum(source.num_bytes for source in sources)
    for path, source in zip(paths, sources, strict=True):
        with open(path, "rb") as file:
            for block in read_fasta_blocks(path, file):
                if block.start == 0:
                    _check_new(name, block.name, path, file_of_contig)
                    file_of_contig[block.name] = path
                    writer.start_contig(block.name)
                writer.append(block.codes)
                bytes_read = bytes_before + file.tell()
                on_progress(GenomeProgress(name, path, block.name, writer.length, bytes_read, bytes_in_all))
        bytes_before += source.num_bytes
    genome = writer.finish()
    for number, (path, source) in enumerate(zip(paths, sources, strict=True)):
        sources[number] = source._replace(sha256=_sha256(path))
        if Source.of(path) != source:
            raise ValueError(f"{path}: changed while it was read; run again when it is complete")
    lock.check(store, location)
    record = {"sources": sources, "genome": genome.to_json()}
    key_value.write_key(store, layout.ingested_key(name), json.dumps(record).encode())
    return genome


def read_ingested(store: ts.KvStore, name: str) -> tuple[Genome, list[Source]] | None:
    """Returns a genome that has been ingested whole, and from what; None where it has not, or nobody can tell."""
    found = key_value.read_key(store, layout.ingested_key(name))
    if found is None:
        return None
    try:
        record = json.loads(found)
        return Genome.from_json(record["genome"]), [Source(*source) for source in record["sources"]]
    except (ValueError, KeyError, TypeError):
        return None


def _check_new(genome: str, contig: str, path: Path, file_of_contig: dict[str, Path]) -> None:
    if contig in file_of_contig:
        raise ValueError(
            f"genome {genome!r} has two contigs of the name {contig!r}, in {os.fspath(file_of_contig[contig])} and in "
            f"{path}; rename or remove one, or give the files as two genomes"
        )
