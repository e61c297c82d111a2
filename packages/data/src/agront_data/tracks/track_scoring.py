"""`TrackScoring`: single-base variants looked up in a track, in place of a model's score `base_wildtype`."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Int64

from agront_data.regions import ContigBases
from agront_data.tracks.genome_track import GenomeTrack
from agront_data.tracks.layout import LETTERS
from agront_data.tracks.track_lookup import look_up
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
        asked: dict[str, list[tuple[int, int, int, int, int]]] = {}  # record, allele, position, both columns
        others: list[tuple[int, int]] = []
        for number, row in enumerate(rows):
            old = _COLUMN.get(row.record.reference, _NO_COLUMN)
            found.append([_UNKNOWN] * len(row.record.alternatives))
            for allele, alternative in enumerate(row.record.alternatives):
                new = _COLUMN.get(alternative, _NO_COLUMN)
                if row.contig is None:
                    reason = unreadable(row.record.reference, alternative) or "contig_unknown"
                    found[number][allele] = ScoredAllele({}, reason)
                elif old != _NO_COLUMN != new:  # most variants
                    asked.setdefault(row.contig, []).append((number, allele, row.record.position, old, new))
                else:
                    others.append((number, allele))
        for (number, allele), change in zip(others, _changes(rows, others, genome, self.k), strict=True):
            if isinstance(change, tuple):
                asked.setdefault(rows[number].contig or "", []).append((number, allele, *change))
            else:
                found[number][allele] = ScoredAllele({}, change)
        for contig, questions in asked.items():
            of = np.array(questions, np.int64)
            columns = of[:, 3:].astype(np.uint8)
            looked_up = look_up(self.track, self.k, genome, contig, of[:, 2], columns[:, 0], columns[:, 1])
            values, counts, reasons = looked_up.values.tolist(), looked_up.num_pairs.tolist(), looked_up.reasons
            means = self._means(contig, of, genome)
            for (number, allele, *_), value, count, why, mean in zip(
                questions, values, counts, reasons, means, strict=True
            ):
                score = AlleleScore(value, None, count)
                found[number][allele] = ScoredAllele({}, why) if why else self._scored(score, mean)
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


def _changes(
    rows: Sequence[VariantRow], alleles: Sequence[tuple[int, int]], genome: ContigBases, k: int
) -> Iterator[tuple[int, int, int] | Reason]:
    """Yields position and the columns of both bases of alleles; or the reason why one has no score."""
    places: list[tuple[str, int, int] | None] = []
    for number, _ in alleles:
        record, contig = rows[number].record, rows[number].contig or ""
        end = record.position + len(record.reference)
        inside = 0 <= record.position < end <= genome.lengths[contig]
        places.append((contig, record.position, end) if inside else None)
    pieces = iter(genome.read([place for place in places if place is not None]))
    for (number, allele), place in zip(alleles, places, strict=True):
        record, bases = rows[number].record, np.zeros(0, np.uint8) if place is None else next(pieces)
        change = change_of(record.position, record.reference, record.alternatives[allele], bases, record.position)
        if isinstance(change, str):
            yield change
        elif not change.is_substitution or change.num_replaced > 1:
            yield "needs_pll"
        elif (replaced := int(bases[change.position - record.position])) >= len(_CODES):  # of N the track has nothing
            yield "contig_short" if genome.lengths[rows[number].contig or ""] < k else "n_in_token"
        else:
            yield change.position, _COLUMN_OF_CODE[replaced], _COLUMN_OF_CODE[change.bases[0]]
