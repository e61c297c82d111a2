"""`Scorer`: what gives variants their scores, a model or a track."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from agront_data.regions import ContigBases
from agront_data.tracks import GenomeTrack, TrackScoring
from agront_data.variants import Calibration, Score, ScoredAllele, VariantRecord, VariantRow, VariantScoring
from agront_model import AgroNTConfig, Precision, Pretrained, choose_devices
from agront_model.inference import BaseLikelihoods, TokenLikelihoods, TokenVectors
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
        settings: all that decides a score: the model's fingerprint, and how windows are read; JSON-able.
        check: refuses a genome, and its contigs with variants, that it has no numbers of.
        score: from records of a genome to what is found for each allele; tells the bar.
    """

    num_tokens: Callable[[VariantRecord, VariantRecord | None], int]
    batch_tokens: int
    context: int
    origin: dict[str, Any]
    settings: dict[str, Any]
    check: Callable[[ContigBases, Sequence[str]], None]
    score: Callable[[list[VariantRow], ContigBases, RowsBar], list[list[ScoredAllele]]]


def is_track(model: str) -> bool:
    """Whether what is given as a model is a track."""
    return model.rstrip("/").endswith(".zarr")


def scorer_of_track(
    track: GenomeTrack, scores: tuple[Score, ...] = ("base_wildtype",), calibration: Calibration | None = None
) -> Scorer:
    """Make a track score.

    Args:
        track: the track.
        scores: which to look up; `base_wildtype` and `calibrated` are there.
        calibration: what the score `calibrated` subtracts.
    """
    scoring = TrackScoring(track, track.attributes["k"], scores, calibration)

    def score(rows: list[VariantRow], genome: ContigBases, bar: RowsBar) -> list[list[ScoredAllele]]:
        bar.computed(len(rows), sum(row.num_tokens for row in rows))
        return scoring(rows, genome)

    def check(genome: ContigBases, contigs: Sequence[str]) -> None:
        track.check_genome(genome.lengths, contigs)

    origin = dict(track.attributes, contigs=len(track.lengths))
    fingerprint = "{model_fingerprint}, by a track of context {context} in {precision}".format_map(origin)
    settings = {"model": fingerprint}
    return Scorer(scoring.num_tokens, _TRACK_BATCH, origin["context"], origin, settings, check, score)


def context_of(options: WindowOptions, config: AgroNTConfig) -> int:
    """Tokens of a window after `<cls>`; raises a `ValueError` if the model reads fewer than --context."""
    longest = config.max_tokens - 1
    context = longest if options.context is None else options.context
    if context > longest:
        raise ValueError(f"--context is {context:,}: the model reads at most {longest:,} tokens after <cls>")
    return context


def load_model(options: WindowOptions, model: str, tokenizer: KmerTokenizer, console: Console) -> Pretrained:
    """Load a model; raises as `load_checked_weights`."""
    return load_checked_weights(model, tokenizer.vocabulary, console, Precision(compute=options.precision))


def scorer_of_model(
    options: WindowOptions,
    pretrained: Pretrained,
    scores: tuple[Score, ...],
    tokenizer: KmerTokenizer,
    calibration: Calibration | None = None,
    layer: int = -1,
) -> Scorer:
    """Make a loaded model score; raises as `context_of`.

    Args:
        options: how windows are read.
        pretrained: the model.
        scores: which to compute.
        tokenizer: of the model.
        calibration: what the score `calibrated` subtracts.
        layer: hidden state of the score `embedding`.
    """
    devices, context = choose_devices(options.devices), context_of(options, pretrained.config)
    scoring = VariantScoring(
        tokenizer=tokenizer,
        context=context,
        scores=scores,
        frames=options.frames,
        strands=options.read_strands(),
        calibration=calibration,
    )
    computing: dict[str, Any] = {"batch_tokens": options.batch_tokens, "devices": devices}
    readers: dict[str, Callable[..., Any]] = {}
    if set(scores) - {"embedding", "influence"}:
        readers["likelihoods"] = TokenLikelihoods(pretrained, **computing)
    if "embedding" in scores:
        readers["vectors"] = TokenVectors(pretrained, layer=layer, **computing)
    if "influence" in scores:
        readers["bases"] = BaseLikelihoods(pretrained, tokenizer.vocabulary.token_bases, **computing)

    def score(rows: list[VariantRow], genome: ContigBases, bar: RowsBar) -> list[list[ScoredAllele]]:
        share = _Share(bar, len(rows), sum(row.num_tokens for row in rows), len(readers))
        found = scoring(rows, genome, **{name: share.telling(reader) for name, reader in readers.items()})
        share.finish()
        return found

    origin = origin_of(pretrained, tokenizer.vocabulary)
    settings = {"model": origin["model_fingerprint"], **options.of_windows(), "context": context}
    batch_tokens = options.batch_tokens * len(devices)
    return Scorer(scoring.num_tokens, batch_tokens, context, origin, settings, lambda genome, contigs: None, score)


class _Share:
    """Tells a bar of records that are computed together.

    Windows serve several variants, and do not finish in order: a part of them is that part of the records.
    """

    def __init__(self, bar: RowsBar, num_rows: int, num_tokens: int, num_readers: int):
        self._bar, self._num_rows, self._num_tokens, self._num_readers = bar, num_rows, num_tokens, num_readers
        self._left = 1.0

    def telling(self, reader: Callable[..., Any]) -> Callable[..., Any]:
        """The same reader, which tells the bar of each batch."""

        def read(windows: list[np.ndarray], *asked: Any) -> Any:
            of_each = 1 / (self._num_readers * max(1, len(windows)))
            return reader(windows, *asked, lambda done: self._tell(done * of_each))

        return read

    def _tell(self, share: float) -> None:
        self._left -= share
        self._bar.computed(share * self._num_rows, share * self._num_tokens)

    def finish(self) -> None:
        """Tell the rest: where nothing was asked, all."""
        self._tell(self._left)
