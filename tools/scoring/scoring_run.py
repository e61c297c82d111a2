"""From checked options to the finished output: genome, model, parts, file, summary."""

from collections.abc import Mapping

from agront_data.regions import ContigBases
from agront_data.tables import PartFiles, VariantTable
from agront_data.variant_files import VariantFile
from agront_data.variants import ContigNames, Score, VariantScoring, survey_variants, variant_rows
from agront_model import Precision
from agront_tokenizer import KmerTokenizer
from models import load_checked_weights, origin_of
from rich.console import Console
from terminal import say

from scoring.options import ScoreVariants
from scoring.scored_output import text_columns, write_scores
from scoring.scored_records import Records, score_records
from scoring.truth_report import truth_table
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

    def write(parts: PartFiles, num_rows: int) -> None:
        if options.truth is not None:
            console.print(truth_table(parts, variants, options.truth, options.score))
        write_scores(options, variants, table, parts, num_rows, origin)

    score_records(options, options.out, records, scoring, pretrained, decisive, write, console)


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


def say_renamed(contigs: Mapping[str, str], console: Console) -> None:
    """Say once that contigs are spelt in two ways."""
    renamed = [f"{name} is {other}" for name, other in contigs.items() if name != other]
    if renamed:
        more = f" and {len(renamed) - 3:,} more" if len(renamed) > 3 else ""
        say(console, f"contigs       spelt otherwise in the genome: {', '.join(renamed[:3])}{more}")
