"""Substitutions of single bases looked up in a track, many at once: arrays in, arrays out."""

import itertools
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int64, UInt8

from agront_data.bases import N
from agront_data.regions import ContigBases
from agront_data.tracks.genome_track import GenomeTrack
from agront_data.tracks.layout import LETTERS
from agront_data.variants import Reason

# Bases between two variants that are read rather than passed over: one read costs more than so many bases.
_GAP = 1 << 14
_COLUMN_OF_CODE = np.array([*(LETTERS.index(letter) for letter in "ATCG"), len(LETTERS)], np.uint8)


class Lookup(NamedTuple):
    """What is found for each substitution.

    Attributes:
        values: log p(alternative) − log p(reference), natural logarithm.
        num_pairs: Strands and frames that it is the mean over.
        reasons: Why there is no value; None where there is one.
    """

    values: Float64[np.ndarray, "A"]
    num_pairs: Int64[np.ndarray, "A"]
    reasons: list[Reason | None]


def look_up(
    track: GenomeTrack,
    k: int,
    genome: ContigBases,
    contig: str,
    positions: Int64[np.ndarray, "A"],
    references: UInt8[np.ndarray, "A"],
    alternatives: UInt8[np.ndarray, "A"],
) -> Lookup:
    """Looks up substitutions on a contig: what `TrackScoring` gives for each.

    Args:
        track: The track.
        k: Bases of a token of the model that it was computed with.
        genome: Has the bases of the contig.
        contig: Its name.
        positions: Bases, from 0, in any order; near each other they share what is read. Those beyond the ends have
            that reason.
        references: Columns of the reference bases, in the order A, C, G, T.
        alternatives: Columns of the alternative bases.

    Raises:
        ValueError: The track lacks the contig, or data of it or of the genome are damaged.
    """
    length = genome.lengths[contig]
    values, num_pairs = np.full(positions.size, np.nan), np.zeros(positions.size, np.int64)
    inside = (positions >= 0) & (positions < length)
    reasons = np.full(positions.size, None, object)
    reasons[~inside] = "beyond_end"
    places = np.flatnonzero(inside)
    is_reference = _columns_at(genome, contig, positions[places]) == references[places]
    reasons[places[~is_reference]] = "ref_mismatch"
    places = places[is_reference]
    is_other = references[places] != alternatives[places]
    reasons[places[~is_other]] = "same"
    places = places[is_other]
    if places.size:
        at = positions[places]
        logs = track.read(contig, at).astype(np.float64)
        every = np.arange(places.size)
        values[places] = logs[every, alternatives[places]] - logs[every, references[places]]
        num_pairs[places] = _count_pairs(at, genome, contig, k)
        reasons[places[num_pairs[places] == 0]] = "contig_short" if length < k else "n_in_token"
    return Lookup(values, num_pairs, reasons.tolist())


def _columns_at(genome: ContigBases, contig: str, positions: Int64[np.ndarray, "A"]) -> UInt8[np.ndarray, "A"]:
    """Returns the columns of the genome's bases; of N another number."""
    order = np.argsort(positions, kind="stable")
    ascending = positions[order]
    firsts = np.concatenate([[0], np.flatnonzero(np.diff(ascending) > _GAP) + 1, [positions.size]])
    spans = [
        (int(first), int(last), int(ascending[first]), int(ascending[last - 1]) + 1)
        for first, last in itertools.pairwise(firsts)
        if last > first
    ]
    found = np.empty(positions.size, np.uint8)
    pieces = genome.read([(contig, start, end) for _, _, start, end in spans])
    for (first, last, start, _), codes in zip(spans, pieces, strict=True):
        found[order[first:last]] = codes[ascending[first:last] - start]
    return _COLUMN_OF_CODE[np.minimum(found, N)]


def _count_pairs(positions: Int64[np.ndarray, "A"], genome: ContigBases, contig: str, k: int) -> Int64[np.ndarray, "A"]:
    """Counts the strands and frames in which a token covers a base: those within its run of A, T, C, G."""
    runs = genome.known_runs(contig, int(positions.min()), int(positions.max()) + 1)
    if not runs.size:
        return np.zeros_like(positions)
    starts, ends = runs[np.searchsorted(runs[:, 0], positions, side="right") - 1].T
    first = np.maximum(starts, positions - k + 1)
    last = np.minimum(ends - k, positions)
    return 2 * np.maximum(0, last - first + 1)
