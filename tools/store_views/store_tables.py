"""Tables of what a genome store holds."""

import numpy as np
from agront_data import BaseCounts, GenomeStore, RowOrder, WindowGrid
from agront_data.duplicates import DuplicateCounts, DuplicateReport
from agront_data.windows import count_windows_by_contig
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from terminal import new_table, say

_COMPOSITION = ("bases", "GC", "N", "soft-\nmasked")
_WINDOWS = ("training\nwindows", "held-out\nwindows")


def share(part: int, whole: int) -> str:
    """A percentage; none where there is nothing to have a share of."""
    return f"{part / whole:.2%}" if whole else "-"


def composition_table(store: GenomeStore) -> Table:
    """What the store holds: a line for each species, and one for all."""
    table = new_table("species", "contigs", *_COMPOSITION)
    for genome in store.genomes:
        table.add_row(escape(genome.name), f"{len(genome.contigs):,}", *_composition(genome.counts))
    if len(store.genomes) > 1:
        num_contigs = sum(len(genome.contigs) for genome in store.genomes)
        counts = BaseCounts.sum_of(genome.counts for genome in store.genomes)
        table.add_row(f"all {len(store.genomes)}", f"{num_contigs:,}", *_composition(counts), style="bold")
    return table


def rows_table(order: RowOrder, held_out: WindowGrid | None, num_rows: int) -> Table:
    """What training sees of it: a line for each species, and one for all."""
    table = new_table("species", *_WINDOWS, "share\nof rows", "expected\npasses")
    genomes, shares, passes = order.grid.store.genomes, order.shares(), order.expected_passes(num_rows)
    training = np.diff(order.grid.first_windows).tolist()
    unseen = [0] * len(genomes) if held_out is None else np.diff(held_out.first_windows).tolist()
    for genome, num_training, num_unseen in zip(genomes, training, unseen, strict=True):
        table.add_row(
            escape(genome.name),
            f"{num_training:,}",
            f"{num_unseen:,}",
            f"{shares[genome.name]:.2%}",
            f"{passes[genome.name]:,.2f}",
        )
    if len(genomes) > 1:
        mean = f"{num_rows / sum(training):,.2f}"
        table.add_row(f"all {len(genomes)}", f"{sum(training):,}", f"{sum(unseen):,}", "100.00%", mean, style="bold")
    return table


def contig_table(order: RowOrder, held_out: WindowGrid | None, chosen: range, at_most: int) -> Table:
    """A line for each contig of some genomes, the largest first; those beyond `at_most` in one line."""
    table = new_table("contig", *_COMPOSITION, *_WINDOWS)
    genomes = order.grid.store.genomes
    windows = {genome: _windows_of_contigs(order.grid, held_out, genome) for genome in chosen}
    contigs = [(genome, contig) for genome in chosen for contig in range(len(genomes[genome].contigs))]
    contigs.sort(key=lambda place: -genomes[place[0]].contigs[place[1]].length)
    for g, c in contigs[:at_most]:
        table.add_row(
            escape(f"{genomes[g].name}:{genomes[g].contigs[c].name}"),
            *_composition(genomes[g].contig_counts[c]),
            *(f"{number:,}" for number in windows[g][c]),
        )
    rest = contigs[at_most:]
    if rest:
        counts = BaseCounts.sum_of(genomes[g].contig_counts[c] for g, c in rest)
        in_rest = map(sum, zip(*(windows[g][c] for g, c in rest), strict=True))
        table.add_row(f"and {len(rest):,} more", *_composition(counts), *(f"{number:,}" for number in in_rest))
    return table


def print_duplicates(report: DuplicateReport, at_most: int, console: Console) -> None:
    """Print what stands more than once, by species, and the first contigs that are copies."""
    exact = report.one_in == 1
    compared = "all compared" if exact else f"one in {report.one_in} compared, drawn by hash: shares are estimates"
    console.print(
        f"\nExact duplicates of {report.length} bases, either strand, any offset; {compared}",
        highlight=False,
        soft_wrap=True,
    )
    compared_too = ("elsewhere\ntoo", "held-out\nfragments", "in training\ntoo", "held-out\nwindows")
    table = new_table("species", "fragments", *compared_too, "sharing\nsome" if exact else "sharing some,\nat least")
    for counts in report.genomes:
        table.add_row(*_duplicates_row(counts))
    if len(report.genomes) > 1:
        table.add_row(*_duplicates_row(report.total), style="bold")
    console.print(table)
    copies = report.duplicate_contigs
    redundant = sum(len(names) - 1 for names in copies)
    console.print(f"\nContigs that are another's copy, on either strand: {redundant:,}", highlight=False)
    for names in copies[:at_most]:
        shown = ", ".join(names[:6]) + (f" and {len(names) - 6:,} more" if len(names) > 6 else "")
        say(console, f"  {shown}")
    if len(copies) > at_most:
        console.print(f"  and {len(copies) - at_most:,} more groups", highlight=False)


def _composition(counts: BaseCounts) -> tuple[str, ...]:
    n, soft_masked = share(counts.N, counts.length), share(counts.soft_masked, counts.length)
    return f"{counts.length:,}", share(counts.G + counts.C, counts.length - counts.N), n, soft_masked


def _windows_of_contigs(training: WindowGrid, held_out: WindowGrid | None, genome: int) -> list[tuple[int, int]]:
    """How many training and held-out windows each contig of a genome has."""
    seen = count_windows_by_contig(training, genome)
    unseen = np.zeros_like(seen) if held_out is None else count_windows_by_contig(held_out, genome)
    return list(zip(seen.tolist(), unseen.tolist(), strict=True))


def _duplicates_row(counts: DuplicateCounts) -> tuple[str, ...]:
    return (
        escape(counts.genome),
        f"{counts.fragments:,}",
        share(counts.duplicated, counts.sampled),
        f"{counts.held_out:,}",
        share(counts.held_out_duplicated, counts.held_out),
        f"{counts.held_out_windows:,}",
        f"{counts.held_out_windows_duplicated:,}",
    )
