#!/usr/bin/env python3
"""Say what is in a genome store, what training will see of it, and what any row of a run holds."""

import bootstrap  # noqa: F401
import dataclasses
from pathlib import Path
from typing import Annotated

import tyro
from agront_data import GenomeStore, WindowGrid
from agront_data.batches import RowSettings
from agront_data.duplicates import find_duplicates
from agront_tokenizer import KmerTokenizer
from models import tokenizer_of
from pictures import draw_species_shares
from presets import PRESETS, in_options
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from store_views import (
    composition_table,
    contig_table,
    print_duplicates,
    print_row,
    rows_table,
    settings_of_preset,
    settings_of_run,
)
from terminal import check_picture_name, errors_as_sentences, make_console, read_options, say

_DEFAULT_PRESET = "agront-1b"


@dataclasses.dataclass(frozen=True, kw_only=True)
class InspectData:
    """Say what is in a genome store, what training will see of it, and what any row of a run holds.

    With --step and --row: that row alone.
    """

    store: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="STORE")]
    """The genome store, made by tools/prepare_data.py: a folder, or an address such as s3://bucket/path."""
    endpoint: str | None = None
    """Address of an S3-compatible server that is not Amazon's, for s3://bucket/path."""
    preset: str | None = None
    """Windows, held-out sequence, mixture, steps and batch of this preset of tools/pretrain.py; agront-1b where
    neither --preset nor --run is given."""
    run: Path | None = None
    """The same of this run, as it was begun; its steps are the updates that it has made."""
    steps: int | None = None
    """Another number of steps, for the expected passes."""
    batch_size: int | None = None
    """Another number of rows in a step than the preset's."""
    contigs: str | None = None
    """Also list the contigs of this species, or of all: the largest first."""
    at_most: int = 40
    """Lines of a list of contigs; the rest is summed up in one."""
    plot: Path | None = None
    """Also draw each species' share of bases and of rows: a PNG."""
    duplicates: bool = False
    """Also report exact duplicates within the store, and between held-out and training sequence. Takes a pass over all
    bases, and 2.2 GB of memory for a large store."""
    fragment_length: int = 100
    """Bases that must be the same to be a duplicate."""
    step: int | None = None
    """Print a row of this step (updates made before it: the first is 0); needs --row."""
    row: int | None = None
    """The row's place in the global batch, from 0; needs --step."""

    @property
    def source(self) -> str:
        """The preset or run that settings of rows are taken from, in words."""
        return f"preset {self.preset or _DEFAULT_PRESET}" if self.run is None else f"run {self.run}"


def settings_for(options: InspectData, store: GenomeStore) -> RowSettings:
    """The settings of rows that the options name.

    Raises:
        ValueError: the options contradict each other, or name no preset or run.
    """
    if options.run is None:
        settings = settings_of_preset(options.preset or _DEFAULT_PRESET)
    elif options.preset is not None:
        raise ValueError("--preset and --run are both given: give one of the two")
    elif options.batch_size is not None:
        raise ValueError("--batch-size is given with --run, whose batch size is fixed: leave it out")
    else:
        settings = settings_of_run(options.run, store)
    changes = {name: getattr(options, name) for name in ("steps", "batch_size") if getattr(options, name) is not None}
    return dataclasses.replace(settings, **changes)


def tokenizer_for(options: InspectData) -> KmerTokenizer:
    """The tokenizer of the preset or run that the options name."""
    return PRESETS[options.preset or _DEFAULT_PRESET][1].tokenizer if options.run is None else tokenizer_of(options.run)


def inspect_data(options: InspectData, console: Console) -> None:
    """Print what the options ask for."""
    if (options.step is None) != (options.row is None):
        raise ValueError("--step and --row name a row together: give both")
    for name, value in vars(options).items():
        if name in ("steps", "batch_size", "at_most", "fragment_length") and value is not None and value < 1:
            raise ValueError(f"--{name.replace('_', '-')} is {value}: it must be at least 1")
    if options.plot is not None:
        check_picture_name("--plot", options.plot)
    store = GenomeStore.open(options.store, endpoint=options.endpoint)
    settings = settings_for(options, store)
    if options.step is not None and options.row is not None:
        print_row(store, settings, tokenizer_for(options), options.source, options.step, options.row, console)
        return

    species = None if options.contigs == "all" else options.contigs
    chosen = None if options.contigs is None else store.indices_of(species)
    console.print(composition_table(store))
    say(console, f"\ngenome store  {options.store}  (fingerprint {store.fingerprint[:12]})")
    order = settings.order_of(store)
    try:
        held_out: WindowGrid | None = WindowGrid.build(store, settings.windows, settings.held_out, "held_out")
    except ValueError:  # of a small store there may be none, and what is wrong otherwise the training grid has said
        held_out = None
    what = f"{settings.steps:,} steps x {settings.batch_size:,} rows, windows of {settings.windows.length:,} bases"
    say(console, f"rows          {options.source}: {what}\n")
    console.print(rows_table(order, held_out, settings.num_rows))
    if chosen is not None:
        console.print()
        console.print(contig_table(order, held_out, chosen, options.at_most))
    if options.plot is not None:
        names = [genome.name for genome in store.genomes]
        base_shares = [genome.length / store.num_bases for genome in store.genomes]
        draw_species_shares(names, base_shares, [order.shares()[name] for name in names], options.plot)
        say(console, f"\npicture       {options.plot}")
    if options.duplicates:
        report_duplicates(store, held_out, options, console)


def report_duplicates(store: GenomeStore, held_out: WindowGrid | None, options: InspectData, console: Console) -> None:
    """Find exact duplicates, showing progress, and print them."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task("hashing", total=store.num_bases)

        def show(done: int) -> None:
            at_end = done + options.fragment_length > store.num_bases
            progress.update(task, completed=done, description="comparing" if at_end else "hashing")

        report = find_duplicates(store, held_out, length=options.fragment_length, on_progress=show)
    print_duplicates(report, options.at_most, console)


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    options = read_options(InspectData)
    with errors_as_sentences("", lambda message: in_options(message, " of pretrain.py")):
        inspect_data(options, make_console(shows_result=True))


if __name__ == "__main__":
    main()
