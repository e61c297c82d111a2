"""`TrackScoring`: single-base variants looked up in a track, in place of a model's score `base_wildtype`."""

import dataclasses
from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64, UInt8

from agront_data.regions import ContigBases
from agront_data.tracks.genome_track import GenomeTrack
from agront_data.tracks.layout import LETTERS
from agront_data.variants import (
    NUM_AROUND,
    AlleleScore,
    Calibration,
    Reason,
    Score,
    ScoredAllele,
    VariantRecord,
    VariantRow,
    change_of,
    unreadable,
)

_CODES = "ATCG"  # letters by code
_COLUMN = {letter: column for column, base in enumerate(LETTERS) for letter in (base, base.lower())}
_COLUMN_OF_CODE = [LETTERS.index(letter) for letter in _CODES]
_NO_COLUMN = -1
# Bases between two variants that are read rather than passed over: one read costs more than so many bases.
_GAP = 1 << 14


@dataclasses.dataclass(frozen=True)
class TrackScoring:
    """How variants are scored by a track: as `VariantScoring` does by `base_wildtype`, with its reasons.

    Attributes:
        track: The track.
        k: Bases of a token of the model that it was computed with.
        scores: Which to give, of `base_wildtype` and `calibrated`.
        calibration: What `calibrated` subtracts.
    """

    track: GenomeTrack
    k: int
    scores: tuple[Score, ...] = ("base_wildtype",)
    calibration: Calibration | None = None

    def num_tokens(self, record: VariantRecord, before: VariantRecord | None = None) -> int:
        """Counts 1 for each alternative allele: no model reads a token."""
        return max(1, len(record.alternatives))

    def __call__(self, rows: Sequence[VariantRow], genome: ContigBases) -> list[list[ScoredAllele]]:
        """Scores records.

        Args:
            rows: The records; where they are sorted, each chunk of the track is read once.
            genome: Has the bases of their contigs.

        Returns:
            For each record what is found for each of its alternative alleles, in order.

        Raises:
            ValueError: The track lacks a contig, or data of it or of the genome are damaged.
        """
        found: list[list[ScoredAllele]] = []
        asked: dict[str, list[tuple[int, int, int, int, int]]] = {}
        for number, (row, (first, bases)) in enumerate(zip(rows, _pieces(rows, genome), strict=True)):
            alleles: list[ScoredAllele] = []
            for alternative in row.record.alternatives:
                change = _substitution(row, alternative, bases, first)
                if isinstance(change, tuple):
                    asked.setdefault(row.contig or "", []).append((number, len(alleles), *change))
                    alleles.append(_UNKNOWN)
                else:
                    alleles.append(ScoredAllele({}, change))
            found.append(alleles)
        for contig, questions in asked.items():
            of = np.array(questions, np.int64)
            logs = self.track.read(contig, of[:, 2]).astype(np.float64)
            every = np.arange(len(of))
            values = logs[every, of[:, 4]] - logs[every, of[:, 3]]
            counts = _num_pairs(of[:, 2], genome, contig, self.k)
            none = ScoredAllele({}, "contig_short" if genome.lengths[contig] < self.k else "n_in_token")
            means = self._means(contig, of, genome)
            for (number, allele, *_), value, count, mean in zip(
                questions, values.tolist(), counts.tolist(), means, strict=True
            ):
                found[number][allele] = self._scored(AlleleScore(value, None, count), mean) if count else none
        return found

    def _means(self, contig: str, asked: Int64[np.ndarray, "A 5"], genome: ContigBases) -> list[float | None]:
        """Returns the mean score of each substitution's context; None where there is none, or none is wanted."""
        if "calibrated" not in self.scores or self.calibration is None:
            return [None] * len(asked)
        starts = np.maximum(0, asked[:, 2] - NUM_AROUND)
        ends = np.minimum(genome.lengths[contig], asked[:, 2] + NUM_AROUND + 1)
        pieces = genome.read([(contig, *place) for place in zip(starts.tolist(), ends.tolist(), strict=True)])
        return [
            self.calibration.mean_at(piece, place, np.array([_CODES.index(LETTERS[column])], np.uint8))
            for piece, place, column in zip(pieces, (asked[:, 2] - starts).tolist(), asked[:, 4].tolist(), strict=True)
        ]

    def _scored(self, score: AlleleScore, mean: float | None) -> ScoredAllele:
        scores: dict[str, AlleleScore] = {"base_wildtype": score} if "base_wildtype" in self.scores else {}
        if mean is not None:
            scores["calibrated"] = score._replace(value=score.value - mean)
        return ScoredAllele(scores, None if scores else "no_calibration")


_UNKNOWN = ScoredAllele({}, None)


def _substitution(
    row: VariantRow, alternative: str, bases: UInt8[np.ndarray, "_W"], first: int
) -> tuple[int, int, int] | Reason:
    """Returns position and the columns of both bases; or the reason why the allele has no score."""
    position, reference = row.record.position, row.record.reference
    if row.contig is None:
        return unreadable(reference, alternative) or "contig_unknown"
    old, new = _COLUMN.get(reference, _NO_COLUMN), _COLUMN.get(alternative, _NO_COLUMN)
    if old != _NO_COLUMN != new and bases.size:  # most variants
        code = bases[position - first]
        if code >= len(_CODES) or _COLUMN_OF_CODE[code] != old:
            return "ref_mismatch"
        return "same" if old == new else (position, old, new)
    change = change_of(position, reference, alternative, bases, first)
    if isinstance(change, str):
        return change
    if not change.is_substitution or change.num_replaced > 1:
        return "needs_pll"
    replaced = min(int(bases[change.position - first]), len(_CODES) - 1)  # of N the track has nothing
    return change.position, _COLUMN_OF_CODE[replaced], _COLUMN_OF_CODE[change.bases[0]]


def _pieces(rows: Sequence[VariantRow], genome: ContigBases) -> list[tuple[int, UInt8[np.ndarray, "_W"]]]:
    """Returns for each record bases that hold its reference allele, and the first one's number; none beyond its contig.

    Records near each other share what is read.
    """
    places = []
    for number, row in enumerate(rows):
        start, end = row.record.position, row.record.position + len(row.record.reference)
        if row.contig is not None and start >= 0 and end <= genome.lengths[row.contig]:
            places.append((row.contig, start, end, number))
    places.sort()
    spans: list[tuple[str, int, int]] = []
    span_of: list[int] = []
    for contig, start, end, _ in places:
        if spans and spans[-1][0] == contig and start <= spans[-1][2] + _GAP:
            spans[-1] = (contig, spans[-1][1], max(end, spans[-1][2]))
        else:
            spans.append((contig, start, end))
        span_of.append(len(spans) - 1)
    read = genome.read(spans)
    pieces = [(0, np.zeros(0, np.uint8))] * len(rows)
    for (*_, number), span in zip(places, span_of, strict=True):
        pieces[number] = (spans[span][1], read[span])
    return pieces


def _num_pairs(positions: Int64[np.ndarray, "A"], genome: ContigBases, contig: str, k: int) -> Int64[np.ndarray, "A"]:
    """Counts the strands and frames in which a token covers a base: those within its run of A, T, C, G."""
    runs = genome.known_runs(contig, int(positions.min()), int(positions.max()) + 1)
    if not runs.size:
        return np.zeros_like(positions)
    starts, ends = runs[np.searchsorted(runs[:, 0], positions, side="right") - 1].T
    first = np.maximum(starts, positions - k + 1)
    last = np.minimum(ends - k, positions)
    return 2 * np.maximum(0, last - first + 1)
