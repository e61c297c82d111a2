"""From checked options to the finished table: genome, sites, scores, means."""

from collections.abc import Sequence
from pathlib import Path

from agront_data.regions import ContigBases, read_gene_models
from agront_data.tables import PartFiles, VariantTable, mean_scores
from agront_data.tracks import GenomeTrack
from agront_data.variants import Calibration, draw_sites, site_records, survey_variants, variant_rows
from models import tokenizer_of
from rich.console import Console
from scoring import Records, load_model, score_records, scorer_of_model, scorer_of_track
from terminal import say

from calibration.options import Calibrate


def score_sites(options: Calibrate, console: Console) -> None:
    """Draw sites, score all three substitutions of each, and write the means.

    Raises:
        ValueError: the genome or the model cannot be used, or has no site to draw, or the unfinished output is another
            command's.
        OSError: something cannot be read or written, as on a full disk; finished parts stay.
    """
    scores, folded = (options.score,), options.strands == "both"
    if options.by_track:
        scorer = scorer_of_track(GenomeTrack.open(Path(options.model)))
    else:
        tokenizer = tokenizer_of(options.model)
        pretrained = load_model(options, options.model, tokenizer, console)
        scorer = scorer_of_model(options, pretrained, scores, tokenizer)
    with console.status("drawing sites"):
        genome = ContigBases(options.genome, species=options.species)
        sites = draw_sites(genome, options.sites, options.seed, folded=folded, genes=spans_of_genes(options, genome))
    if not sites:
        where = "is soft-masked (lower case): give genes with --gff" if options.gff is None else "is outside of --gff's"
        raise ValueError(f"{options.genome}: no base {where}, or give another genome")
    scorer.check(genome, list(sites))
    survey = survey_variants(site_records(genome, sites), scorer.num_tokens)
    table = VariantTable(scores=scores, columns=("context",))
    rows = variant_rows(site_records(genome, sites), {name: name for name in sites}, scorer.num_tokens)
    records = Records("site", rows, survey.num_records, survey.num_tokens, genome, table)

    def write(parts: PartFiles, num_rows: int) -> None:
        means = mean_scores(parts, options.score, folded=folded)
        where = "soft-masked" if options.gff is None else f"outside of the genes of {options.gff.name}"
        drawn = {"genome": genome.fingerprint, "drawn": where, "sites": options.sites, "seed": options.seed}
        calibration = Calibration(options.score, {**scorer.settings, **drawn}, folded, means)
        whole = parts.whole_path(options.out)
        with parts.writing(whole):
            whole.write_text(calibration.text(), "utf-8")
        parts.finish(options.out, whole)
        contexts = {context: mean.num_sites for (context, _), mean in means.items()}
        few = sum(number < options.sites for number in contexts.values())
        told = f"{len(contexts):,} of {512 if folded else 1024:,}"
        say(console, f"contexts      {told}; {few:,} of them have fewer than {options.sites:,} sites")

    score_records(options.out, records, scorer, options.decisive(), write, console)


def spans_of_genes(options: Calibrate, genome: ContigBases) -> dict[str, Sequence[tuple[int, int]]] | None:
    """Start and end of the genes of each contig of the genome; None without --gff.

    Raises:
        FileNotFoundError, ValueError: the file cannot be read, or has no contig of the genome.
    """
    if options.gff is None:
        return None
    names, models = options.contig_names(), read_gene_models(options.gff)
    found = names.find_all(models, genome.lengths, str(options.gff), options.genome)
    return {same: [(gene.start, gene.end) for gene in models[name]] for name, same in found.items()}
