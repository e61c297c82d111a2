"""From checked options to the finished output: genome, model, parts, file, summary."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from agront_data.regions import ContigBases
from agront_data.tables import PartFiles, VariantTable, count_reasons, run_parts
from agront_data.variant_files import VariantFile
from agront_data.variants import ContigNames, Score, VariantRow, VariantScoring, survey_variants, variant_rows
from agront_model import Precision, Pretrained, choose_devices
from agront_model.inference import TokenLikelihoods
from agront_tokenizer import KmerTokenizer
from models import load_checked_weights, origin_of
from rich.console import Console
from terminal import RowsBar, counted, say

from scoring.options import ScoreVariants
from scoring.scored_output import text_columns, write_scores
from scoring.window_options import WindowOptions


def score_all(
    options: ScoreVariants, variants: VariantFile, names: ContigNames, tokenizer: KmerTokenizer, console: Console
) -> None:
    """Score all records, write the output and summarize.

    Args:
        options: the command line, checked.
        variants: the input.
        names: finds its contigs in the genome.
        tokenizer: of the model.
        console: takes progress and summary.

    Raises:
        ValueError: the input or the model cannot be used, or the unfinished output is another command's.
        OSError: something cannot be read or written, as on a full disk; finished parts stay.
    """
    pretrained = load_checked_weights(
        options.model, tokenizer.vocabulary, console, Precision(compute=options.precision)
    )
    scoring = scoring_of(options, options.score, tokenizer, pretrained.config.max_tokens - 1)
    table = VariantTable(scores=options.score, columns=text_columns(options.out, variants))
    with console.status("reading the variants"):
        survey = survey_variants(variants.records(), scoring.num_tokens)
    with console.status("reading the genome"):
        wanted = {spelling for name in survey.contigs for spelling in names.spellings(name)}
        genome = ContigBases(options.genome, species=options.species, wanted=wanted.__contains__)
    contigs = names.find_all(survey.contigs, genome.lengths, str(options.variants), options.genome)
    say_renamed(contigs, console)
    origin = origin_of(pretrained, tokenizer.vocabulary)
    rows = variant_rows(variants.records(), contigs, scoring.num_tokens)
    records = Records("variant", rows, survey.num_records, survey.num_tokens, genome, table)
    decisive = {**options.decisive(), "model": origin["model_fingerprint"], "contigs": contigs}
    score_records(
        options,
        options.out,
        records,
        scoring,
        pretrained,
        decisive,
        lambda parts, num_rows: write_scores(options, variants, table, parts, num_rows, origin),
        console,
    )


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
    options: WindowOptions,
    out: Path,
    records: Records,
    scoring: VariantScoring,
    pretrained: Pretrained,
    decisive: Mapping[str, Any],
    write: Callable[[PartFiles, int], None],
    console: Console,
) -> None:
    """Score records part by part, write the output, and say how many, how fast and which have no score.

    `decisive` is all that decides the output but for the genome and the columns; `write` makes the output of the parts,
    which have so many rows.

    Raises:
        ValueError: the unfinished output is another command's, or the input has changed.
        OSError: something cannot be read or written, as on a full disk; finished parts stay.
    """
    devices = choose_devices(options.devices)
    likelihoods = TokenLikelihoods(pretrained, batch_tokens=options.batch_tokens, devices=devices)
    _, rows, num_records, num_tokens, genome, table, part_tokens = records
    parts, begun, nouns = PartFiles.beside(out), time.monotonic(), f"{records.noun}s"
    with parts.opened({**decisive, "genome": genome.fingerprint, "columns": table.schema.names}):
        with RowsBar(console, "scoring", nouns, num_rows=num_records, num_tokens=num_tokens) as bar:
            totals = run_parts(
                rows,
                lambda part: score_rows(part, scoring, genome, likelihoods, table, bar),
                table,
                parts,
                batch_tokens=max(options.batch_tokens * len(devices), part_tokens),
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


def scoring_of(
    options: WindowOptions, scores: tuple[Score, ...], tokenizer: KmerTokenizer, longest: int
) -> VariantScoring:
    """How variants are scored.

    Raises:
        ValueError: the window is longer than the model's.
    """
    context = longest if options.context is None else options.context
    if context > longest:
        raise ValueError(f"--context is {context:,}: the model reads at most {longest:,} tokens after <cls>")
    return VariantScoring(
        tokenizer=tokenizer,
        context=context,
        scores=scores,
        frames=options.frames,
        strands=options.read_strands(),
    )


def score_rows(
    rows: list[VariantRow],
    scoring: VariantScoring,
    genome: ContigBases,
    likelihoods: TokenLikelihoods,
    table: VariantTable,
    bar: RowsBar,
) -> pa.RecordBatch:
    """Score some records to their rows of the table.

    Raises:
        ValueError: the device's memory is too small.
    """
    num_tokens = sum(row.num_tokens for row in rows)

    def with_bar(windows: list[np.ndarray], asked: list[np.ndarray]) -> Sequence[np.ndarray]:
        if not windows:
            bar.computed(len(rows), num_tokens)
        # Windows serve several variants, and do not finish in order: a part of them is that part of the variants.
        share = 1 / max(1, len(windows))
        return likelihoods(
            windows, asked, lambda done: bar.computed(done * share * len(rows), done * share * num_tokens)
        )

    return table.batch(rows, scoring(rows, genome, with_bar))


def say_renamed(contigs: Mapping[str, str], console: Console) -> None:
    """Say once that contigs are spelt in two ways."""
    renamed = [f"{name} is {other}" for name, other in contigs.items() if name != other]
    if renamed:
        more = f" and {len(renamed) - 3:,} more" if len(renamed) > 3 else ""
        say(console, f"contigs       spelt otherwise in the genome: {', '.join(renamed[:3])}{more}")


def say_reasons(reasons: Mapping[str | None, int], console: Console) -> None:
    """Count the alleles that have no score, and say what so many wrong reference alleles mean."""
    unscored = {str(reason): number for reason, number in reasons.items() if reason is not None}
    if not unscored:
        return
    listed = ", ".join(f"{reason} {number:,}" for reason, number in sorted(unscored.items(), key=lambda item: -item[1]))
    say(console, f"without score {counted(sum(unscored.values()), 'allele')}: {listed}")
    wrong = unscored.get("ref_mismatch", 0)
    if wrong * 10 > sum(reasons.values()):
        say(console, "              REF differs from the genome in many: were they called on another assembly?")
    if "needs_pll" in unscored:
        say(console, "              --score llr pll scores insertions and deletions, too")
