"""A text VCF looked up in a track, many records at once: no part is kept, as it takes seconds."""

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from agront_data.regions import ContigBases
from agront_data.tables import PartFiles
from agront_data.tracks import LETTERS, GenomeTrack, TrackScoring, look_up
from agront_data.variant_files import RecordBlock, VariantFile, survey_blocks, write_annotated_blocks
from agront_data.variants import ContigNames, ScoredAllele, VariantRow
from rich.console import Console
from terminal import RowsBar, counted, say

from scoring.options import ScoreVariants
from scoring.scored_output import info_fields, move_index
from scoring.scored_records import say_reasons
from scoring.scorer import scorer_of_track
from scoring.scoring_run import say_renamed

_KEY = "AGRONT_BASE_WILDTYPE"
# The column of each letter; of those that are none, any.
_COLUMNS = np.array([LETTERS.find(chr(letter).upper()) % 256 for letter in range(256)], np.uint8)


def is_lookup(options: ScoreVariants, variants: VariantFile) -> bool:
    """Whether records are looked up many at once: of a track, from a text VCF to another, by one score."""
    is_text = variants.kind == "vcf" and options.out.name.endswith((".vcf", ".vcf.gz"))
    return options.by_track and is_text and options.score == ("base_wildtype",) and options.truth is None


def look_up_all(options: ScoreVariants, variants: VariantFile, names: ContigNames, console: Console) -> None:
    """Look all records up, write the output and summarize; raises as `score_all`."""
    track = GenomeTrack.open(Path(options.model))
    scorer = scorer_of_track(track)
    with console.status("reading the variants"):
        num_records, found = survey_blocks(variants)
    with console.status("reading the genome"):
        wanted = {spelling for name in found for spelling in names.spellings(name)}
        genome = ContigBases(options.genome, species=options.species, wanted=wanted.__contains__)
    contigs = names.find_all(found, genome.lengths, str(options.variants), options.genome)
    say_renamed(contigs, console)
    scorer.check(genome, list(contigs.values()))
    scoring, reasons = TrackScoring(track, track.attributes["k"]), Counter[str | None]()
    parts, metadata = PartFiles.beside(options.out), {**scorer.origin, "settings": options.settings()}
    with parts.opened({**options.decisive(), "model": scorer.settings["model"], "genome": genome.fingerprint}):
        whole, begun = parts.whole_path(options.out), time.monotonic()
        with (
            parts.writing(whole),
            RowsBar(console, "looking up", "variants", num_rows=num_records, num_tokens=num_records) as bar,
        ):

            def annotate(block: RecordBlock) -> list[bytes]:
                entries = entries_of(block, contigs, scoring, genome, reasons)
                bar.computed(len(entries), len(entries))
                return entries

            lines = [f"##agront_score_variants={json.dumps(metadata)}"]
            write_annotated_blocks(whole, options.out, variants, info_fields(options.score), lines, annotate)
            move_index(whole, options.out)
        seconds = time.monotonic() - begun
        parts.finish(options.out, whole)
    alleles = counted(sum(reasons.values()), "alternative allele")
    say(console, f"scored        {counted(num_records, 'variant')}, {alleles}")
    say(console, f"              {seconds:.1f} s, {num_records / seconds:,.1f} variants/s")
    say_reasons(reasons, console)
    say(console, f"scores        {options.out}")


def entries_of(
    block: RecordBlock,
    contigs: Mapping[str, str],
    scoring: TrackScoring,
    genome: ContigBases,
    reasons: Counter[str | None],
) -> list[bytes]:
    """What INFO gets for each record, as `annotations` writes it; and reasons are counted."""
    entries = [b""] * len(block.columns)
    by_contig: dict[str, list[int]] = {}
    for number, name in enumerate(block.contigs):
        if number not in block.others:
            by_contig.setdefault(name, []).append(number)
    for name, numbers in by_contig.items():
        if name not in contigs:
            reasons["contig_unknown"] += len(numbers)
            for number in numbers:
                entries[number] = b"AGRONT_REASON=contig_unknown"
            continue
        of_letters = [b"".join([block.columns[number][column] for number in numbers]) for column in (3, 4)]
        bases = [_COLUMNS[np.frombuffer(letters, np.uint8)] for letters in of_letters]
        found = look_up(scoring.track, scoring.k, genome, contigs[name], block.positions[numbers], *bases)
        reasons.update(found.reasons)
        values = zip(numbers, found.values.tolist(), found.num_pairs.tolist(), found.reasons, strict=True)
        for number, value, count, reason in values:
            text = f"AGRONT_REASON={reason}" if reason else f"{_KEY}={value:.6g};{_KEY}_N={count}"
            entries[number] = text.encode()
    rows = [
        VariantRow(number, record, contigs.get(record.contig), len(record.alternatives))
        for number, record in block.others.items()
    ]
    for row, alleles in zip(rows, scoring(rows, genome), strict=True):
        reasons.update(allele.reason for allele in alleles)
        entries[row.number] = _entry(alleles)
    return entries


def _entry(alleles: Sequence[ScoredAllele]) -> bytes:
    """The entries of a record with several alternative alleles, or longer ones."""
    scores = [allele.scores.get("base_wildtype") for allele in alleles]
    columns = {
        _KEY: [f"{score.value:.6g}" if score else "." for score in scores],
        f"{_KEY}_N": [str(score.num_pairs) if score else "." for score in scores],
        "AGRONT_REASON": [str(allele.reason or ".") for allele in alleles],
    }
    return ";".join(f"{key}={','.join(each)}" for key, each in columns.items() if set(each) != {"."}).encode()
