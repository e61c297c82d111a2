"""From checked options to the finished output: regions, model, scores, track, pictures."""

import numpy as np
from agront_data.regions import parse_place, read_bed, read_gene_models, scores_by_base, write_score_track
from agront_data.tables import PartFiles, VariantTable, write_table
from agront_data.variants import mean_effects, saturation_of_places, saturation_of_records, variant_rows
from agront_model.pretrained import peek_config
from agront_tokenizer import KmerTokenizer
from pictures import check_effects_can_be_drawn, draw_effects
from rich.console import Console
from scoring import Records, load_model, say_renamed, score_records, scorer_of_model
from terminal import say

from saturation.dependency_run import asked_maps, check_maps, map_regions
from saturation.options import Mutagenesis
from saturation.region_file import region_file

# Neighbours share windows within a part: it has so many positions, where the model is slow.
_PART_POSITIONS = 32


def mutate_all(options: Mutagenesis, tokenizer: KmerTokenizer, console: Console) -> None:
    """Score all substitutions and write what was asked for; raises as `score_records`, and for bad regions."""
    names = options.contig_names()
    with console.status("reading the input"):
        if options.fasta is not None:
            saturation = saturation_of_records(options.fasta)
        else:
            asked = (
                [parse_place(text) for text in options.given_regions()]
                if options.bed is None
                else read_bed(options.bed)
            )
            saturation, contigs = saturation_of_places(asked, str(options.genome), names, species=options.species)
            say_renamed(contigs, console)
        num_records, num_skipped = saturation.count()
    if num_skipped:
        say(console, f"skipped       {num_skipped:,} positions: N, or another letter than A, C, G, T")
    if not num_records:
        raise ValueError("the regions hold nothing but N: there is nothing to score")
    if options.plot is not None:
        for region in saturation.regions:
            check_effects_can_be_drawn(region)
    spellings = {region.contig: names.spellings(region.contig) for region in saturation.regions}
    wanted = set().union(*spellings.values()).__contains__
    found = {} if options.gff is None else read_gene_models(options.gff, wanted)
    genes = {contig: [gene for name in same for gene in found.get(name, ())] for contig, same in spellings.items()}
    maps = []
    if options.dependencies is not None:
        maps = asked_maps(options, options.dependencies, saturation)
        if (config := peek_config(options.model)) is not None:
            check_maps(maps, options, config, tokenizer.vocabulary.k)
    pretrained = load_model(options, options.model, tokenizer, console)
    if maps:
        map_regions(maps, options, genes, tokenizer, pretrained, console)
    scorer = scorer_of_model(options, pretrained, (options.score,), tokenizer)
    table = VariantTable(scores=(options.score,), columns=("region",))
    # A window serves the positions beside it too: on each strand there are about as many as positions.
    a_position = len(options.read_strands()) * (scorer.context + 1)
    itself = {region.contig: region.contig for region in saturation.regions}
    rows = variant_rows(saturation.records(), itself, lambda record, before: a_position)
    num_tokens, part_tokens = num_records * a_position, _PART_POSITIONS * a_position
    records = Records("position", rows, num_records, num_tokens, saturation.genome, table, part_tokens)

    def write(parts: PartFiles, num_rows: int) -> None:
        if options.bedgraph is not None or options.plot is not None:
            column = [parts.batch(number)[options.score].to_numpy(zero_copy_only=False) for number in range(len(parts))]
            effects = list(saturation.effects(np.concatenate(column).reshape(-1, 3)))
        if options.bedgraph is not None:
            means = [(region.contig, region.start, mean_effects(of_region)) for region, of_region in effects]
            write_score_track(options.bedgraph, scores_by_base(means), saturation.genome.lengths)
            say(console, f"track         {options.bedgraph}")
        if options.plot is not None:
            for region, of_region in effects:
                picture = region_file(options.plot, region, len(saturation.regions))
                draw_effects(region, saturation.bases(region), of_region, genes[region.contig], picture)
                say(console, f"picture       {picture}")
        metadata = {**scorer.origin, "settings": options.settings()}
        write_table(options.out, parts, table.schema, num_rows=num_rows, metadata=metadata)

    decisive = {**options.of_windows(), "score": options.score}
    score_records(options.out, records, scorer, decisive, write, console)
