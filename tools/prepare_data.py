#!/usr/bin/env python3
"""Turn FASTA files into a genome store, which `tools/pretrain.py` trains on."""

import dataclasses
import re
import sys
from pathlib import Path
from typing import Annotated

import tyro
from agront_data import GenomeStore, IngestProgress, ingest_genomes
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from shell_command import shell_command

_SUFFIXES = re.compile(r"\.(fa|fasta|fna|fas)?(\.(gz|bgz|bz2|xz|zst))?$", re.IGNORECASE)


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
    out: Path
    """The folder to write the store to; it must not hold one."""


def genome_name(file: Path) -> str:
    """The name of a file without its suffixes, with `_` for what cannot be in a genome's name."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", _SUFFIXES.sub("", file.name)).lstrip("._-")


def parse_genomes(arguments: tuple[str, ...]) -> dict[str, list[Path]]:
    """Group `[NAME=]FILE` arguments by genome.

    Raises:
        ValueError: there is none, a file is given twice, or two files without a name would be one genome.
    """
    if not arguments:
        raise ValueError("no FASTA file is named: give at least one, as GENOME.fa.gz or NAME=GENOME.fa.gz")
    genomes: dict[str, list[Path]] = {}
    unnamed: dict[str, Path] = {}
    for argument in arguments:
        name, equals, file = argument.partition("=")
        if not equals or "/" in name:  # a "=" in a folder's name
            path = Path(argument)
            name = genome_name(path)
            if name in unnamed and unnamed[name] != path:
                raise ValueError(
                    f"{unnamed[name]} and {path} would both be the genome {name!r}: name them, NAME={path}; "
                    "files of one NAME are one genome"
                )
            unnamed[name] = path
        else:
            path = Path(file)
        files = genomes.setdefault(name, [])
        if path in files:
            raise ValueError(f"{path} is given twice")
        files.append(path)
    return genomes


def prepare_data(options: PrepareData, console: Console) -> GenomeStore:
    """Write the store, showing progress, and say what is in it."""
    genomes = parse_genomes(options.genomes)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[bases]} bases"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("reading", bases="0", total=None)

        def show(state: IngestProgress) -> None:
            description = f"file {state.file_number}/{state.num_files}  {state.genome}  {state.contig}"
            progress.update(task, description=description, bases=f"{state.num_bases:,}")

        store = ingest_genomes(genomes, options.out, on_progress=show)

    table = Table("genome", "contigs", "bases", "GC", "N", "soft-masked", box=None, header_style="bold")
    table.columns[0].overflow = "fold"
    for column in table.columns[1:]:
        column.justify = "right"
    for genome in store.genomes:
        counts = genome.counts
        known = max(1, counts.A + counts.T + counts.C + counts.G)
        table.add_row(
            escape(genome.name),
            f"{len(genome.contigs):,}",
            f"{genome.length:,}",
            f"{(counts.G + counts.C) / known:.1%}",
            f"{counts.N / genome.length:.1%}",
            f"{counts.soft_masked / genome.length:.1%}",
        )
    console.print(table)
    console.print(
        f"\ngenome store  {options.out}  (fingerprint {store.fingerprint[:12]})", highlight=False, markup=False
    )
    run = options.out.with_name(f"{options.out.name}-run")
    pretrain = Path(__file__).with_name("pretrain.py")
    command = shell_command(pretrain, "laptop", "--data", options.out, "--run", run)
    console.print(f"next          {command}", highlight=False, markup=False, soft_wrap=True)
    return store


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    options = tyro.cli(PrepareData, config=(tyro.conf.OmitArgPrefixes,))
    console = Console()
    if not console.is_terminal:
        console.width = 160  # a file has no edge at which long names would have to be folded
    try:
        prepare_data(options, console)
    except (ValueError, OSError) as error:
        Console(stderr=True).print(f"[bold red]error[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        Console(stderr=True).print("\nstopped; what was written is no store yet, and the same command begins anew")
        sys.exit(130)


if __name__ == "__main__":
    main()
