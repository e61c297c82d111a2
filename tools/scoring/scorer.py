"""`Scorer`: what gives variants their scores, a model or a track."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from agront_data.regions import ContigBases
from agront_data.tracks import GenomeTrack, TrackScoring
from agront_data.variants import ScoredAllele, VariantRecord, VariantRow, VariantScoring
from agront_model import Precision, choose_devices
from agront_model.inference import TokenLikelihoods
from models import load_checked_weights, origin_of, tokenizer_of
from rich.console import Console
from terminal import RowsBar

from scoring.options import ScoreVariants

_TRACK_BATCH = 4096


class Scorer(NamedTuple):
    """How records get their scores.

    Attributes:
        num_tokens: cost of a record.
        batch_tokens: what is computed at once.
        origin: model and versions, JSON-able.
        fingerprint: of what the scores come from.
        check: refuses a genome, and its contigs with variants, that it has no numbers of.
        score: from records of a genome to what is found for each allele; tells the bar.
    """

    num_tokens: Callable[[VariantRecord], int]
    batch_tokens: int
    origin: dict[str, Any]
    fingerprint: str
    check: Callable[[ContigBases, Sequence[str]], None]
    score: Callable[[list[VariantRow], ContigBases, RowsBar], list[list[ScoredAllele]]]


def scorer_of(options: ScoreVariants, console: Console) -> Scorer:
    """Load the model, or open the track.

    Raises:
        OSError, ValueError: it cannot be read, or its context is shorter than --context.
    """
    return _scorer_of_track(GenomeTrack.open(Path(options.model))) if options.by_track else _of_model(options, console)


def _scorer_of_track(track: GenomeTrack) -> Scorer:
    scoring = TrackScoring(track, track.attributes["k"])

    def score(rows: list[VariantRow], genome: ContigBases, bar: RowsBar) -> list[list[ScoredAllele]]:
        bar.computed(len(rows), sum(row.num_tokens for row in rows))
        return scoring(rows, genome)

    def check(genome: ContigBases, contigs: Sequence[str]) -> None:
        track.check_genome(genome.lengths, contigs)

    origin = dict(track.attributes, contigs=len(track.lengths))
    fingerprint = "{model_fingerprint}, by a track of context {context} in {precision}".format_map(origin)
    return Scorer(scoring.num_tokens, _TRACK_BATCH, origin, fingerprint, check, score)


def _of_model(options: ScoreVariants, console: Console) -> Scorer:
    devices, tokenizer = choose_devices(options.devices), tokenizer_of(options.model)
    pretrained = load_checked_weights(
        options.model, tokenizer.vocabulary, console, Precision(compute=options.precision)
    )
    longest = pretrained.config.max_tokens - 1
    context = longest if options.context is None else options.context
    if context > longest:
        raise ValueError(f"--context is {context:,}: the model reads at most {longest:,} tokens after <cls>")
    scoring = VariantScoring(
        tokenizer=tokenizer,
        context=context,
        scores=options.score,
        frames=options.frames,
        strands=options.read_strands(),
    )
    likelihoods = TokenLikelihoods(pretrained, batch_tokens=options.batch_tokens, devices=devices)

    def score(rows: list[VariantRow], genome: ContigBases, bar: RowsBar) -> list[list[ScoredAllele]]:
        num_tokens = sum(row.num_tokens for row in rows)

        def with_bar(windows: list[np.ndarray], asked: list[np.ndarray]) -> Sequence[np.ndarray]:
            if not windows:
                bar.computed(len(rows), num_tokens)
            # Windows serve several variants, and do not finish in order: a part of them is that part of the variants.
            share = 1 / max(1, len(windows))
            return likelihoods(
                windows, asked, lambda done: bar.computed(done * share * len(rows), done * share * num_tokens)
            )

        return scoring(rows, genome, with_bar)

    origin = origin_of(pretrained, tokenizer.vocabulary)
    batch_tokens, fingerprint = options.batch_tokens * len(devices), origin["model_fingerprint"]
    return Scorer(scoring.num_tokens, batch_tokens, origin, fingerprint, lambda genome, contigs: None, score)
