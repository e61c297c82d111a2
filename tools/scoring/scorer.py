"""`Scorer`: what gives variants their scores, a model or a track."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from agront_data.regions import ContigBases
from agront_data.tracks import GenomeTrack, TrackScoring
from agront_data.variants import Score, ScoredAllele, VariantRecord, VariantRow, VariantScoring
from agront_model import Precision, choose_devices
from agront_model.inference import TokenLikelihoods
from agront_tokenizer import KmerTokenizer
from models import load_checked_weights, origin_of
from rich.console import Console
from terminal import RowsBar

from scoring.window_options import WindowOptions

_TRACK_BATCH = 4096


class Scorer(NamedTuple):
    """How records get their scores.

    Attributes:
        num_tokens: cost of a record after the one before it.
        batch_tokens: what is computed at once.
        context: tokens of a window after `<cls>`.
        origin: model and versions, JSON-able.
        fingerprint: of what the scores come from.
        check: refuses a genome, and its contigs with variants, that it has no numbers of.
        score: from records of a genome to what is found for each allele; tells the bar.
    """

    num_tokens: Callable[[VariantRecord, VariantRecord | None], int]
    batch_tokens: int
    context: int
    origin: dict[str, Any]
    fingerprint: str
    check: Callable[[ContigBases, Sequence[str]], None]
    score: Callable[[list[VariantRow], ContigBases, RowsBar], list[list[ScoredAllele]]]


def scorer_of_track(path: Path) -> Scorer:
    """Open a track.

    Raises:
        OSError, ValueError: it cannot be read.
    """
    track = GenomeTrack.open(path)
    scoring = TrackScoring(track, track.attributes["k"])

    def score(rows: list[VariantRow], genome: ContigBases, bar: RowsBar) -> list[list[ScoredAllele]]:
        bar.computed(len(rows), sum(row.num_tokens for row in rows))
        return scoring(rows, genome)

    def check(genome: ContigBases, contigs: Sequence[str]) -> None:
        track.check_genome(genome.lengths, contigs)

    origin = dict(track.attributes, contigs=len(track.lengths))
    fingerprint = "{model_fingerprint}, by a track of context {context} in {precision}".format_map(origin)
    return Scorer(scoring.num_tokens, _TRACK_BATCH, origin["context"], origin, fingerprint, check, score)


def scorer_of_model(
    options: WindowOptions, model: str, scores: tuple[Score, ...], tokenizer: KmerTokenizer, console: Console
) -> Scorer:
    """Load a model.

    Args:
        options: how windows are read.
        model: as for `load_pretrained`.
        scores: which to compute.
        tokenizer: of the model.
        console: takes a description.

    Raises:
        OSError, ValueError: it cannot be read, or its context is shorter than --context.
    """
    devices, precision = choose_devices(options.devices), Precision(compute=options.precision)
    pretrained = load_checked_weights(model, tokenizer.vocabulary, console, precision)
    longest = pretrained.config.max_tokens - 1
    context = longest if options.context is None else options.context
    if context > longest:
        raise ValueError(f"--context is {context:,}: the model reads at most {longest:,} tokens after <cls>")
    scoring = VariantScoring(
        tokenizer=tokenizer,
        context=context,
        scores=scores,
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
    return Scorer(scoring.num_tokens, batch_tokens, context, origin, fingerprint, lambda genome, contigs: None, score)
