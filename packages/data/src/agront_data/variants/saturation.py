"""`Saturation`: all substitutions of regions; and what their scores say of each base."""

import dataclasses
from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float64, UInt8

from agront_data.bases import BASE_BITS, N, decode_bases
from agront_data.regions import ContigBases, Region
from agront_data.variants.variant_record import VariantRecord

SUBSTITUTION_LETTERS = "ACGT"
"""The order of alternatives, and of the columns of effects."""

_COLUMNS = np.array([SUBSTITUTION_LETTERS.index(letter) for letter in "ATCG"])  # by code


@dataclasses.dataclass(frozen=True)
class Saturation:
    """All substitutions of regions, a record a base.

    Attributes:
        regions: The regions, on contigs of the genome.
        genome: Has their bases.
    """

    regions: tuple[Region, ...]
    genome: ContigBases

    def bases(self, region: Region) -> UInt8[np.ndarray, "L"]:
        """Returns the codes of a region's forward strand, whatever its own strand."""
        [codes] = self.genome.read([(region.contig, region.start, region.end)])
        return codes & BASE_BITS

    def records(self) -> Iterator[VariantRecord]:
        """Yields a record for each base of each region, in their order, with the three other bases as alternatives.

        A base that is none of A, C, G, T has no record. The region's name is the record's only field.
        """
        for region in self.regions:
            for place, letter in enumerate(decode_bases(self.bases(region)), region.start):
                if letter == "N":
                    continue
                others = tuple(other for other in SUBSTITUTION_LETTERS if other != letter)
                source = f"{region.name}: position {place + 1}"
                content = f"{region.name}\t{region.contig}\t{place}\t{letter}".encode()
                yield VariantRecord(source, region.contig, place, letter, others, (region.name,), content)

    def count(self) -> tuple[int, int]:
        """Counts the bases that have a record, and those that have none."""
        known = total = 0
        for region in self.regions:
            bases = self.bases(region)
            known += int((bases < N).sum())
            total += bases.size
        return known, total - known

    def effects(self, scores: Float64[np.ndarray, "_N 3"]) -> Iterator[tuple[Region, Float64[np.ndarray, "_L 4"]]]:
        """Yields each region with the effect of each base at each position.

        Args:
            scores: Of the alternatives of all records, in order; NaN where there is none.

        Yields:
            The region, and for each of its positions the scores of A, C, G and T. The reference base has 0; NaN stands
            where there is no score.
        """
        first = 0
        for region in self.regions:
            bases = self.bases(region)
            known = bases < N
            last = first + int(known.sum())
            effects = np.full((bases.size, 4), np.nan)
            effects[known] = _with_reference(bases[known], scores[first:last])
            yield region, effects
            first = last


def _with_reference(bases: UInt8[np.ndarray, "_K"], scores: Float64[np.ndarray, "_K 3"]) -> Float64[np.ndarray, "_K 4"]:
    reference = np.arange(4) == _COLUMNS[bases][:, None]
    effects = np.zeros(reference.shape)
    effects[~reference] = scores.reshape(-1)
    return effects


def is_reference(effects: Float64[np.ndarray, "L 4"], bases: UInt8[np.ndarray, "L"]) -> Bool[np.ndarray, "L 4"]:
    """Tells which base of each position is the reference; none where the genome has N."""
    return (np.arange(4) == _COLUMNS[np.minimum(bases, N - 1)][:, None]) & (bases < N)[:, None]


def mean_effects(effects: Float64[np.ndarray, "L 4"]) -> Float64[np.ndarray, "L"]:
    """Returns the mean score of the three substitutions of each position; NaN where one has none."""
    return effects.sum(axis=1) / 3


def base_probabilities(effects: Float64[np.ndarray, "L 4"]) -> Float64[np.ndarray, "L 4"]:
    """Returns how likely each base is beside the other three, by their scores.

    A score is log p(alternative) − log p(reference), so that exp(score) is proportional to the base's probability, and
    1 for the reference; the four are divided by their sum. As a score is a mean over strands and frames, the ratios are
    geometric means.
    """
    weights = np.exp(effects - effects.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def logo_heights(effects: Float64[np.ndarray, "L 4"]) -> Float64[np.ndarray, "L 4"]:
    """Returns the heights of letters in a sequence logo, in bits: p × (2 − entropy); 0 where there is no score."""
    probabilities = base_probabilities(effects)
    entropy = -(probabilities * np.log2(np.maximum(probabilities, 1e-300))).sum(axis=1, keepdims=True)
    return np.nan_to_num(probabilities * np.maximum(0, 2 - entropy))
