"""Records to scores, part by part: resumable, with progress and a summary."""

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from agront_data.regions import ContigBases
from agront_data.tables import PartFiles, VariantTable, count_reasons, run_parts
from agront_data.variants import VariantRow
from rich.console import Console
from terminal import RowsBar, counted, say

from scoring.scorer import Scorer


class Records(NamedTuple):
    """Records to score, and the columns of their scores; a part has at least so many tokens, unless they are fewer."""

    noun: str
    rows: Iterator[VariantRow]
    num_records: int
    num_tokens: int
    genome: ContigBases
    table: VariantTable
    part_tokens: int = 0


def score_records(
    out: Path,
    records: Records,
    scorer: Scorer,
    decisive: Mapping[str, Any],
    write: Callable[[PartFiles, int], None],
    console: Console,
) -> None:
    """Score records part by part, write the output, and say how many, how fast and which have no score.

    Args:
        out: the output.
        records: the records.
        scorer: what scores them.
        decisive: all that decides the output but for what scores, the genome and the columns.
        write: makes the output of the parts, which have so many rows.
        console: takes progress and summary.

    Raises:
        ValueError: the unfinished output is another command's, or the input has changed.
        OSError: something cannot be read or written, as on a full disk; finished parts stay.
    """
    _, rows, num_records, num_tokens, genome, table, part_tokens = records
    parts, begun, nouns = PartFiles.beside(out), time.monotonic(), f"{records.noun}s"
    decisive = {
        **decisive,
        "model": scorer.settings["model"],
        "genome": genome.fingerprint,
        "columns": table.schema.names,
    }
    with parts.opened(decisive):
        with RowsBar(console, "scoring", nouns, num_rows=num_records, num_tokens=num_tokens) as bar:
            totals = run_parts(
                rows,
                lambda part: table.batch(part, scorer.score(part, genome, bar)),
                table,
                parts,
                batch_tokens=max(scorer.batch_tokens, part_tokens),
                found=lambda part: bar.found(part.num_inputs, part.num_tokens),
            )
        if totals.num_inputs != num_records:
            raise ValueError("the input changed while it was read; give the same command again")
        seconds = time.monotonic() - begun
        reasons = count_reasons(parts)
        with console.status(f"writing {out}"):
            write(parts, totals.num_rows)
    found = f"{counted(totals.num_inputs, records.noun)}, {counted(totals.num_rows, 'alternative allele')}"
    if totals.num_inputs_found:
        found += f"; {totals.num_inputs_found:,} {nouns} were scored before"
    computed = totals.num_inputs - totals.num_inputs_found
    say(console, f"scored        {found}\n              {seconds:.1f} s, {computed / seconds:,.1f} {nouns}/s")
    say_reasons(reasons, console)
    say(console, f"scores        {out}")


def say_reasons(reasons: Mapping[str | None, int], console: Console) -> None:
    """Count the alleles that have no score, and say what so many wrong reference alleles mean."""
    unscored = {str(reason): number for reason, number in reasons.items() if reason is not None}
    if not unscored:
        return
    listed = ", ".join(
        f"{reason} {number:,}" for reason, number in sorted(unscored.items(), key=lambda item: (-item[1], item[0]))
    )
    say(console, f"without score {counted(sum(unscored.values()), 'allele')}: {listed}")
    wrong = unscored.get("ref_mismatch", 0)
    if wrong * 10 > sum(reasons.values()):
        say(console, "              REF differs from the genome in many: were they called on another assembly?")
    if "needs_pll" in unscored:
        say(console, "              a model scores insertions and deletions, too, with --score llr pll")
