"""From checked options to the finished output: genome, model, parts, file, summary."""

import time
from collections.abc import Mapping

from agront_data.regions import ContigBases
from agront_data.tables import PartFiles, VariantTable, count_reasons, run_parts
from agront_data.variant_files import VariantFile
from agront_data.variants import ContigNames, survey_variants, variant_rows
from rich.console import Console
from terminal import RowsBar, counted, say

from scoring.options import ScoreVariants
from scoring.scored_output import text_columns, write_scores
from scoring.scorer import scorer_of


def score_all(options: ScoreVariants, variants: VariantFile, names: ContigNames, console: Console) -> None:
    """Score all records, write the output and summarize.

    Args:
        options: the command line, checked.
        variants: the input.
        names: finds its contigs in the genome.
        console: takes progress and summary.

    Raises:
        ValueError: the input or the model cannot be used, or the unfinished output is another command's.
        OSError: something cannot be read or written, as on a full disk; finished parts stay.
    """
    scorer = scorer_of(options, console)
    table = VariantTable(scores=options.score, columns=text_columns(options.out, variants))
    with console.status("reading the variants"):
        survey = survey_variants(variants.records(), scorer.num_tokens)
    with console.status("reading the genome"):
        wanted = {spelling for name in survey.contigs for spelling in names.spellings(name)}
        genome = ContigBases(options.genome, species=options.species, wanted=wanted.__contains__)
    contigs = names.find_all(survey.contigs, genome.lengths, str(options.variants), options.genome)
    say_renamed(contigs, console)
    scorer.check(genome, list(contigs.values()))
    parts = PartFiles.beside(options.out)
    begun = time.monotonic()
    decisive = {**options.decisive(), "model": scorer.fingerprint, "genome": genome.fingerprint}
    with parts.opened({**decisive, "contigs": contigs, "columns": table.schema.names}):
        with RowsBar(console, "scoring", "variants", num_rows=survey.num_records, num_tokens=survey.num_tokens) as bar:
            totals = run_parts(
                variant_rows(variants.records(), contigs, scorer.num_tokens),
                lambda rows: table.batch(rows, scorer.score(rows, genome, bar)),
                table,
                parts,
                batch_tokens=scorer.batch_tokens,
                found=lambda part: bar.found(part.num_inputs, part.num_tokens),
            )
        if totals.num_inputs != survey.num_records:
            raise ValueError(f"{options.variants} changed while it was read; give the same command again")
        seconds = time.monotonic() - begun
        reasons = count_reasons(parts)
        with console.status(f"writing {options.out}"):
            write_scores(options, variants, table, parts, totals.num_rows, scorer.origin)
    found = f"{counted(totals.num_inputs, 'variant')}, {counted(totals.num_rows, 'alternative allele')}"
    if totals.num_inputs_found:
        found += f"; {totals.num_inputs_found:,} variants were scored before"
    computed = totals.num_inputs - totals.num_inputs_found
    say(console, f"scored        {found}\n              {seconds:.1f} s, {computed / seconds:,.1f} variants/s")
    say_reasons(reasons, console, can_pll=not options.by_track)
    say(console, f"scores        {options.out}")


def say_renamed(contigs: Mapping[str, str], console: Console) -> None:
    """Say once that contigs are spelt in two ways."""
    renamed = [f"{name} is {other}" for name, other in contigs.items() if name != other]
    if renamed:
        more = f" and {len(renamed) - 3:,} more" if len(renamed) > 3 else ""
        say(console, f"contigs       spelt otherwise in the genome: {', '.join(renamed[:3])}{more}")


def say_reasons(reasons: Mapping[str | None, int], console: Console, *, can_pll: bool) -> None:
    """Count the alleles that have no score, and say what so many wrong reference alleles mean."""
    unscored = {str(reason): number for reason, number in reasons.items() if reason is not None}
    if not unscored:
        return
    listed = ", ".join(f"{reason} {number:,}" for reason, number in sorted(unscored.items(), key=lambda item: -item[1]))
    say(console, f"without score {counted(sum(unscored.values()), 'allele')}: {listed}")
    wrong = unscored.get("ref_mismatch", 0)
    if wrong * 10 > sum(reasons.values()):
        say(console, "              REF differs from the genome in many: were they called on another assembly?")
    if "needs_pll" in unscored and can_pll:
        say(console, "              --score llr pll scores insertions and deletions, too")
