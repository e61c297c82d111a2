"""From checked options to the finished output: genome, model or track, scores, file."""

from collections.abc import Mapping
from pathlib import Path

from agront_data.regions import ContigBases
from agront_data.tables import PartFiles, VariantTable
from agront_data.tracks import GenomeTrack
from agront_data.variant_files import VariantFile
from agront_data.variants import ContigNames, survey_variants, variant_rows
from models import tokenizer_of
from rich.console import Console
from terminal import say

from scoring.options import ScoreVariants
from scoring.scored_output import text_columns, write_scores
from scoring.scored_records import Records, score_records
from scoring.scorer import load_model, scorer_of_model, scorer_of_track
from scoring.truth_report import truth_table


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
    calibration = options.mean_scores()
    if options.by_track:
        scorer = scorer_of_track(GenomeTrack.open(Path(options.model)), options.score, calibration)
    else:
        tokenizer = tokenizer_of(options.model)
        pretrained = load_model(options, options.model, tokenizer, console)
        scorer = scorer_of_model(
            options, pretrained, options.score, tokenizer, calibration=calibration, layer=options.layer
        )
    if calibration is not None:
        calibration.check_settings(scorer.settings, str(options.calibration))
    table = VariantTable(scores=options.score, columns=text_columns(options.out, variants))
    with console.status("reading the variants"):
        survey = survey_variants(variants.records(), scorer.num_tokens)
    with console.status("reading the genome"):
        wanted = {spelling for name in survey.contigs for spelling in names.spellings(name)}
        genome = ContigBases(options.genome, species=options.species, wanted=wanted.__contains__)
    contigs = names.find_all(survey.contigs, genome.lengths, str(options.variants), options.genome)
    say_renamed(contigs, console)
    scorer.check(genome, list(contigs.values()))
    rows = variant_rows(variants.records(), contigs, scorer.num_tokens)
    records = Records("variant", rows, survey.num_records, survey.num_tokens, genome, table)

    def write(parts: PartFiles, num_rows: int) -> None:
        if options.truth is not None:
            console.print(truth_table(parts, variants, options.truth, options.score))
        write_scores(options, variants, table, parts, num_rows, scorer.origin)

    score_records(options.out, records, scorer, {**options.decisive(), "contigs": contigs}, write, console)


def say_renamed(contigs: Mapping[str, str], console: Console) -> None:
    """Say once that contigs are spelt in two ways."""
    renamed = [f"{name} is {other}" for name, other in contigs.items() if name != other]
    if renamed:
        more = f" and {len(renamed) - 3:,} more" if len(renamed) > 3 else ""
        say(console, f"contigs       spelt otherwise in the genome: {', '.join(renamed[:3])}{more}")
