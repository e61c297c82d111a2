"""`VariantScoring`: from records of variants and a genome to scores, or reasons why there are none."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from agront_tokenizer import KmerTokenizer
from jaxtyping import UInt8

from agront_data.regions import ContigBases
from agront_data.variants.allele_change import AlleleChange, Reason, change_of, unreadable
from agront_data.variants.likelihood_terms import Likelihoods, Term, log_ratios
from agront_data.variants.masked_pairs import Frames, Strand, masked_pairs, num_bases_around
from agront_data.variants.pseudo_likelihoods import MOST_PLL_BASES, num_pll_tokens, pseudo_likelihood_pairs
from agront_data.variants.variant_record import VariantRecord
from agront_data.variants.variant_row import VariantRow

Score = Literal["llr", "pll"]
"""`llr`: log p(alternative) − log p(reference) of the token that covers a substitution, behind `<mask>`; the mean over
strands and frames. `pll`: the same for alleles of any length, summed over the tokens, each masked alone."""

Pairs = list[list[Term]]


class AlleleScore(NamedTuple):
    """A score of one alternative allele.

    Attributes:
        mean: Over the pairs of strand and frame; natural logarithm.
        deviation: Population standard deviation over the pairs.
        num_pairs: How many there are.
    """

    mean: float
    deviation: float
    num_pairs: int


class ScoredAllele(NamedTuple):
    """What is found for one alternative allele.

    Attributes:
        scores: By name; those that the allele has.
        reason: Why it has none; None where it has one.
    """

    scores: dict[Score, AlleleScore]
    reason: Reason | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class VariantScoring:
    """How variants are scored.

    Attributes:
        tokenizer: The model's.
        context: Tokens of a window after `<cls>`.
        scores: Which to compute.
        frames: Of `llr`; see `masked_pairs`.
        strands: Which to read.
    """

    tokenizer: KmerTokenizer
    context: int
    scores: tuple[Score, ...] = ("llr",)
    frames: Frames = "all"
    strands: tuple[Strand, ...] = ("+", "-")

    def num_tokens(self, record: VariantRecord) -> int:
        """Counts the tokens that a model reads to score a record, at most: windows that alleles share count once."""
        k, passes = self.tokenizer.vocabulary.k, 0
        for alternative in record.alternatives:
            if unreadable(record.reference, alternative):
                continue
            if "pll" in self.scores:
                change = AlleleChange(0, len(record.reference), np.zeros(len(alternative), np.uint8))
                if max(change.num_replaced, change.bases.size) <= MOST_PLL_BASES:
                    passes += 2 * sum(num_pll_tokens(change, frame, k) for frame in range(k))
            if "llr" in self.scores and len(alternative) == len(record.reference):
                passes = max(passes, 1 if self.frames == "central" else k)
        return max(1, passes * len(self.strands) * (self.context + 1))

    def __call__(
        self, rows: Sequence[VariantRow], genome: ContigBases, likelihoods: Likelihoods
    ) -> list[list[ScoredAllele]]:
        """Scores records.

        Args:
            rows: The records.
            genome: Has the bases of their contigs.
            likelihoods: The model.

        Returns:
            For each record what is found for each of its alternative alleles, in order.

        Raises:
            ValueError: Data of the genome are damaged.
        """
        laid_out = [self._lay_out(row, piece) for row, piece in zip(rows, self._pieces(rows, genome), strict=True)]
        asked = [pairs for of_row in laid_out for pairs_of, _ in of_row for pairs in pairs_of.values()]
        ratios = iter(log_ratios(asked, likelihoods))
        return [
            [ScoredAllele({name: _summary(next(ratios)) for name in pairs_of}, reason) for pairs_of, reason in of_row]
            for of_row in laid_out
        ]

    def _pieces(
        self, rows: Sequence[VariantRow], genome: ContigBases
    ) -> Iterator[tuple[int, int, UInt8[np.ndarray, "_W"]]]:
        """Yields the bases around each record, with the number of the first one and the length of the contig."""
        around = num_bases_around(self.context, self.tokenizer) * (2 if "pll" in self.scores else 1)
        places: list[tuple[str, int, int] | None] = []
        for row in rows:
            position, end = row.record.position, row.record.position + len(row.record.reference)
            if row.contig is None or position < 0 or end > genome.lengths[row.contig]:
                places.append(None)
            else:
                last = min(genome.lengths[row.contig], end + around)
                places.append((row.contig, max(0, position - around), last))
        pieces = iter(genome.read([place for place in places if place is not None]))
        nothing = np.zeros(0, np.uint8)
        for place in places:
            yield (0, 0, nothing) if place is None else (place[1], genome.lengths[place[0]], next(pieces))

    def _lay_out(
        self, row: VariantRow, piece: tuple[int, int, UInt8[np.ndarray, "_W"]]
    ) -> list[tuple[dict[Score, Pairs], Reason | None]]:
        first, contig_length, bases = piece
        record = row.record
        found: list[tuple[dict[Score, Pairs], Reason | None]] = []
        for alternative in record.alternatives:
            if row.contig is None:
                found.append(({}, unreadable(record.reference, alternative) or "contig_unknown"))
                continue
            change = change_of(record.position, record.reference, alternative, bases, first)
            if isinstance(change, str):
                found.append(({}, change))
                continue
            change = change._replace(position=change.position - first)
            outcomes = {name: self._pairs(name, change, bases, contig_length) for name in self.scores}
            pairs = {name: outcome for name, outcome in outcomes.items() if not isinstance(outcome, str)}
            reasons = sorted((each for each in outcomes.values() if isinstance(each, str)), key="needs_pll".__eq__)
            found.append((pairs, None if pairs else reasons[0]))
        return found

    def _pairs(
        self, score: Score, change: AlleleChange, bases: UInt8[np.ndarray, "_W"], contig_length: int
    ) -> Pairs | Reason:
        k = self.tokenizer.vocabulary.k
        if score == "pll":
            terms = pseudo_likelihood_pairs(bases, change, self.tokenizer, context=self.context, strands=self.strands)
            if terms == "too_long":
                return "too_long"
        elif not change.is_substitution or change.num_replaced > k:
            return "needs_pll"
        else:
            pairs = masked_pairs(
                bases,
                change.position,
                change.bases,
                self.tokenizer,
                context=self.context,
                frames=self.frames,
                strands=self.strands,
            )
            terms = [
                [Term(pair.tokens, pair.mask, pair.alternative, 1), Term(pair.tokens, pair.mask, pair.reference, -1)]
                for pair in pairs
            ]
        if not terms:
            return "contig_short" if contig_length < k else "n_in_token"
        return terms


def _summary(ratios: np.ndarray) -> AlleleScore:
    return AlleleScore(float(ratios.mean()), float(ratios.std()), ratios.size)
