#!/usr/bin/env python3
"""Turn FASTA files into a genome store, which `tools/pretrain.py` trains on."""

import bootstrap  # noqa: F401
import dataclasses
import os
from pathlib import Path
from typing import Annotated

import tyro
from agront_data import GenomeStore, ingest_genomes
from agront_data.files import check_can_write
from agront_data.store import group_by_genome
from rich.console import Console
from rich.markup import escape
from terminal import (
    IngestBars,
    errors_as_sentences,
    in_options_of,
    make_console,
    new_table,
    read_options,
    say,
    shell_command,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class PrepareData:
    """Turn FASTA files into a genome store, which tools/pretrain.py trains on.

    Letters other than A, C, G and T become N; lower case is kept as soft-masking.
    """

    genomes: Annotated[
        tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[NAME=]FILE …", help_behavior_hint="(required)")
    ]
    """FASTA files, plain or compressed (gz, bz2, xz, zst). Each is a genome named by its file, or by NAME; files of
    one NAME are one genome."""
    out: str
    """The store: a folder, or an address such as gs://bucket/path or s3://bucket/path. After an interruption, the same
    command again goes on with the genomes that are not finished."""
    add: bool = False
    """Add genomes to a finished store."""
    workers: int = max(1, (os.cpu_count() or 1) // 2)
    """Genomes read at once, each by a process of its own that keeps one to two cores busy. By default one for every
    two cores."""
    endpoint: str | None = None
    """Address of an S3-compatible server that is not Amazon's, for s3://bucket/path."""


def prepare_data(options: PrepareData, console: Console) -> GenomeStore:
    """Write the store, showing progress, and say what is in it."""
    genomes = group_by_genome(options.genomes)
    if "://" not in options.out:
        check_can_write("--out", Path(options.out), as_folder=True)
    with IngestBars(console, genomes) as bars:
        settings = {name: getattr(options, name) for name in ("add", "workers", "endpoint")}
        store = ingest_genomes(genomes, options.out, **settings, on_progress=bars.show)
    summarize(store, console)
    say(console, f"\ngenome store  {options.out}  (fingerprint {store.fingerprint[:12]})")
    # What is trained here is written here, wherever the store lies.
    run = options.out.rstrip("/") if "://" not in options.out else Path(options.out).name
    pretrain = Path(__file__).with_name("pretrain.py")
    endpoint = [] if options.endpoint is None else ["--endpoint", options.endpoint]
    command = shell_command(pretrain, "laptop", "--data", options.out, "--run", f"{run}-run", *endpoint)
    say(console, f"next          {command}")
    return store


def summarize(store: GenomeStore, console: Console) -> None:
    """Print a line for each genome."""
    table = new_table("genome", "contigs", "bases", "GC", "N", "soft-masked")
    for genome in store.genomes:
        counts = genome.counts
        shares = [f"{share:.1%}" for share in (counts.gc, counts.N / genome.length, counts.soft_masked / genome.length)]
        table.add_row(escape(genome.name), f"{len(genome.contigs):,}", f"{genome.length:,}", *shares)
    console.print(table)


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    options = read_options(PrepareData)
    with errors_as_sentences("the same command goes on with genomes that are not finished", in_options_of(options)):
        prepare_data(options, make_console())


if __name__ == "__main__":
    main()
