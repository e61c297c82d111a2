"""How well scores of variants agree with labels or measured effects, beside models that know no context.

    python speed/variant_agreement.py MODEL --store STORE --genome GENOME --variants VCF --truth LABEL
    python speed/variant_agreement.py … --truth CSQ --against synonymous      names in place of numbers
    python speed/variant_agreement.py … --contexts                            what a shorter context costs and gains

`--truth` is a key of INFO, or a column of a table. Labels (0 and 1) give AUROC, numbers Spearman's correlation, with
95 % bootstrap intervals. Names give, for each name but the one of `--against`, the AUROC of that one: the share of
pairs in which its variant has the higher score.

The model is asked for all scores of `--scores`. Two baselines have the score `llr`, with the likelihood of a token that
stays the same wherever it is: from the frequencies of the four bases, and of 6-mers, of the store that the model was
trained on. What a score says beyond them, the model has from the context.

With `--contexts`, `llr` is computed with a quarter, a half and all of the model's context: its figure, its rank
correlation with the scores of all of it, and variants/s, best of three interleaved rounds of `--timed` variants.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from agront_data import GenomeStore, HeldOut, Windows
from agront_data.batches import fit_base_composition, fit_kmer_frequencies, training_token_counts
from agront_data.metrics import Agreement, agreement
from agront_data.regions import ContigBases
from agront_data.variant_files import open_variants
from agront_data.variants import (
    ContigNames,
    Score,
    VariantRow,
    VariantScoring,
    read_calibration,
    score_columns,
    truths_of,
    variant_rows,
)
from agront_data.windows import WindowGrid
from agront_model import Pretrained, load_pretrained
from agront_model.inference import BaseLikelihoods, TokenLikelihoods, TokenVectors
from agront_tokenizer import KmerTokenizer, Vocabulary
from machine import describe_machine

ROWS_AT_ONCE = 64


def numbers(
    scoring: VariantScoring, rows: Sequence[VariantRow], genome: ContigBases, **readers: Callable[..., Any]
) -> dict[str, np.ndarray]:
    """Scores of all alleles by column; NaN where there is none."""
    columns = [column for score in scoring.scores for column in score_columns(score)]
    found: dict[str, list[float]] = {column: [] for column in columns}
    for first in range(0, len(rows), ROWS_AT_ONCE):
        for alleles in scoring(rows[first : first + ROWS_AT_ONCE], genome, **readers):
            for allele in alleles:
                for column in columns:
                    found[column].append(allele.scores[column].value if column in allele.scores else np.nan)
    return {column: np.array(values) for column, values in found.items()}


def baselines(store: Path, tokenizer: KmerTokenizer, num_bases: int) -> dict[str, Callable[..., Any]]:
    """Models that know no context, as likelihoods, of all of a store."""
    opened = GenomeStore.open(store)
    grid = WindowGrid.build(opened, Windows(length=num_bases), HeldOut(), "training")
    counts = training_token_counts(opened, grid, tokenizer, tokenizer.num_tokens(num_bases))
    fitted = [fit(counts, tokenizer.vocabulary) for fit in (fit_base_composition, fit_kmer_frequencies)]
    return {
        each.name: lambda rows, asked, logs=each.log_probabilities: [logs[pairs[:, 1]] for pairs in asked]
        for each in fitted
    }


def figures(truth: np.ndarray, names: np.ndarray | None, against: str | None, scores: np.ndarray) -> list[Agreement]:
    """AUROC or Spearman; of names, one of each name, which takes the place of the figure's."""
    if names is None:
        return [each for each in agreement(truth, scores) if each.name != "AUPRC"]
    found = []
    for name in sorted(set(names) - {against}):
        of_two = (names == name) | (names == against)
        for each in agreement((names[of_two] == against).astype(float), scores[of_two]):
            if each.name == "AUROC":
                found.append(each._replace(name=name))
    return found


def print_figures(title: str, found: list[Agreement]) -> None:
    for each in found:
        interval = f"{each.low:.3f} to {each.high:.3f}"
        print(f"{title:24s} {each.name:18s} {each.value:7.3f}  {interval:18s} {each.num:,}", flush=True)


def compare_contexts(
    pretrained: Pretrained,
    tokenizer: KmerTokenizer,
    rows: Sequence[VariantRow],
    genome: ContigBases,
    figure: Callable[[np.ndarray], list[Agreement]],
    num_timed: int,
) -> None:
    likelihoods = TokenLikelihoods(pretrained)
    whole = pretrained.config.max_tokens - 1
    scorings = {
        context: VariantScoring(tokenizer=tokenizer, context=context) for context in (whole, whole // 2, whole // 4)
    }
    found = {
        context: numbers(scoring, rows, genome, likelihoods=likelihoods)["llr"] for context, scoring in scorings.items()
    }
    seconds: dict[int, list[float]] = {context: [] for context in scorings}
    for _ in range(3):
        for context, scoring in scorings.items():
            begun = time.perf_counter()
            numbers(scoring, rows[:num_timed], genome, likelihoods=likelihoods)
            seconds[context].append(time.perf_counter() - begun)
    for context, scores in found.items():
        [same] = agreement(found[whole], scores)
        speed = min(len(rows), num_timed) / min(seconds[context])
        print_figures(f"llr, context {context:,}", figure(scores))
        print(f"{'':24s} Spearman with all of it {same.value:.3f}, {speed:.1f} variants/s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="folder of a run, or of weights")
    parser.add_argument("--store", type=Path, required=True, help="genome store that the model was trained on")
    parser.add_argument("--genome", required=True, help="genome of the variants")
    parser.add_argument("--variants", type=Path, required=True)
    parser.add_argument("--truth", required=True, metavar="NAME", help="key of INFO, or column")
    parser.add_argument("--against", metavar="NAME", help="the name that others are compared with")
    parser.add_argument("--scores", nargs="+", default=["llr", "wildtype", "base", "base_wildtype"])
    parser.add_argument("--calibration", type=Path, help="table of tools/calibrate.py, for the score calibrated")
    parser.add_argument("--contexts", action="store_true")
    parser.add_argument("--timed", type=int, default=64, metavar="N", help="variants of a timed round (default: 64)")
    arguments = parser.parse_args()

    print(describe_machine(["jax"]))
    pretrained = load_pretrained(arguments.model)
    tokenizer = KmerTokenizer(Vocabulary.of_size(pretrained.config.vocabulary_size))
    context = pretrained.config.max_tokens - 1
    variants, genome = open_variants(arguments.variants), ContigBases(arguments.genome)
    records = list(variants.records())
    contigs = ContigNames().find_all(
        dict.fromkeys(record.contig for record in records), genome.lengths, str(arguments.variants), arguments.genome
    )
    rows = list(variant_rows(records, contigs, lambda record, before: 1))
    truth, names = np.zeros(0), None
    if arguments.against is None:
        truth = np.array([each for record in records for each in truths_of(record, variants.columns, arguments.truth)])
    else:
        entries = [dict(entry.partition("=")[::2] for entry in record.fields[-1].split(";")) for record in records]
        names = np.array(
            [
                of_record[arguments.truth]
                for record, of_record in zip(records, entries, strict=True)
                for _ in record.alternatives
            ]
        )

    def figure(scores: np.ndarray) -> list[Agreement]:
        return figures(truth, names, arguments.against, scores)

    print(f"{'':24s} {'':18s} {'figure':>7s}  {'95 %':18s} alleles")
    for name, likelihoods in baselines(arguments.store, tokenizer, tokenizer.most_bases(context + 1)).items():
        scoring = VariantScoring(tokenizer=tokenizer, context=context)
        print_figures(name, figure(numbers(scoring, rows, genome, likelihoods=likelihoods)["llr"]))
    if arguments.contexts:
        compare_contexts(pretrained, tokenizer, rows, genome, figure, arguments.timed)
        return
    calibration = None if arguments.calibration is None else read_calibration(arguments.calibration)
    readers: dict[str, Callable[..., Any]] = {"likelihoods": TokenLikelihoods(pretrained)}
    if "embedding" in arguments.scores:
        readers["vectors"] = TokenVectors(pretrained)
    if "influence" in arguments.scores:
        readers["bases"] = BaseLikelihoods(pretrained, tokenizer.vocabulary.token_bases)
    for score in arguments.scores:
        chosen: tuple[Score, ...] = (score,)
        scoring = VariantScoring(tokenizer=tokenizer, context=context, scores=chosen, calibration=calibration)
        for column, scores in numbers(scoring, rows, genome, **readers).items():
            print_figures(column, figure(scores))


if __name__ == "__main__":
    main()
