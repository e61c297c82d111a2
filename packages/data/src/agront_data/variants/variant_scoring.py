"""`VariantScoring`: from records of variants and a genome to scores, or reasons why there are none."""

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import UInt8

from agront_data.regions import ContigBases
from agront_data.variants.allele_change import AlleleChange, Reason, change_of, unreadable
from agront_data.variants.likelihoods import Likelihoods
from agront_data.variants.masked_tokens import num_bases_around
from agront_data.variants.pseudo_likelihoods import MOST_PLL_BASES, num_pll_tokens
from agront_data.variants.questions import BaseModel, Model, Vectors, all_answers
from agront_data.variants.score_planner import ScorePlanner
from agront_data.variants.scored_allele import ScoredAllele
from agront_data.variants.scores import AlleleScore, Score, ScorePlan, score_columns
from agront_data.variants.surroundings import Surroundings
from agront_data.variants.variant_record import VariantRecord
from agront_data.variants.variant_row import VariantRow
from agront_data.variants.wildtype_tiles import WildtypeTiles

_Plans = tuple[dict[Score, ScorePlan], Reason | None]
_Piece = tuple[int, UInt8[np.ndarray, "_W"]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class VariantScoring(ScorePlanner):
    """How variants are scored: all that a `ScorePlanner` needs, and the scores themselves."""

    def num_tokens(self, record: VariantRecord, before: VariantRecord | None = None) -> int:
        """Counts the tokens that a model reads to score a record, about: rows that alleles share count once.

        Args:
            record: The record.
            before: The one before it in its file, whose rows it may share.
        """
        k, masked, others, alone, substitutions = self.tokenizer.vocabulary.k, 0.0, 0.0, 0, 0
        computed, frames = self.computed, 1 if self.frames == "central" else k
        # Of what it asks, the share that the record before it has not asked.
        step = record.position - before.position if before is not None and before.contig == record.contig else -1
        for alternative in record.alternatives:
            if unreadable(record.reference, alternative):
                continue
            if "pll" in self.scores:
                change = AlleleChange(0, len(record.reference), np.zeros(len(alternative), np.uint8))
                if max(change.num_replaced, change.bases.size) <= MOST_PLL_BASES:
                    alone += 2 * sum(num_pll_tokens(change, frame, k) for frame in range(k))
            if len(alternative) == len(record.reference):
                if {"llr", "base"} & computed:
                    masked = min(frames, step) if step >= 0 else frames
                substitutions += 1
                if {"wildtype", "base_wildtype"} & computed:
                    others = k * min(1.0, step / max(1, k * self.context // 2)) if step >= 0 else k
        if substitutions:  # and the reference
            alone += (substitutions + 1) * (frames * ("embedding" in computed) + k * ("influence" in computed))
        return max(1, round((masked + others + alone) * len(self.strands) * (self.context + 1)))

    def __call__(
        self,
        rows: Sequence[VariantRow],
        genome: ContigBases,
        likelihoods: Likelihoods | None = None,
        *,
        vectors: Vectors | None = None,
        bases: BaseModel | None = None,
    ) -> list[list[ScoredAllele]]:
        """Scores records.

        Args:
            rows: The records.
            genome: Has the bases of their contigs.
            likelihoods: The model, for all scores but those below.
            vectors: The model, for `embedding`.
            bases: The model, for `influence`.

        Returns:
            For each record what is found for each of its alternative alleles, in order.

        Raises:
            ValueError: Data of the genome are damaged; or a score needs more of the model than is given.
        """
        tiles = WildtypeTiles(self.tokenizer, context=self.context, strands=self.strands)
        planned = [self._plan(*each, genome, tiles) for each in zip(rows, self._pieces(rows, genome), strict=True)]
        every = [plan for of_row in planned for plans, _ in of_row for plan in plans.values()]
        asked = [each for plan in every for pair in plan.pairs for each in pair]
        found = iter(all_answers(asked, Model(likelihoods, vectors, bases)))

        def combined(plans: dict[Score, ScorePlan]) -> dict[str, AlleleScore]:
            values = {
                name: plan.combined([[next(found) for _ in pair] for pair in plan.pairs])
                for name, plan in plans.items()
            }
            return {
                column: value for name in plans for column, value in zip(score_columns(name), values[name], strict=True)
            }

        return [[ScoredAllele(combined(plans), reason) for plans, reason in of_row] for of_row in planned]

    def _pieces(self, rows: Sequence[VariantRow], genome: ContigBases) -> Iterator[_Piece]:
        """Yields the bases around each record, and the number of the first one; none for one beyond its contig."""
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
        for place in places:
            yield (0, np.zeros(0, np.uint8)) if place is None else (place[1], next(pieces))

    def _plan(self, row: VariantRow, piece: _Piece, genome: ContigBases, tiles: WildtypeTiles) -> list[_Plans]:
        record, (first, bases) = row.record, piece
        planned: list[_Plans] = []
        for alternative in record.alternatives:
            if row.contig is None:
                planned.append(({}, unreadable(record.reference, alternative) or "contig_unknown"))
                continue
            change = change_of(record.position, record.reference, alternative, bases, first)
            if isinstance(change, str):
                planned.append(({}, change))
                continue
            known = genome.known_runs(row.contig, change.position, change.position + max(1, change.num_replaced))
            around = Surroundings(row.contig, bases, first, genome.lengths[row.contig], known, change)
            outcomes = {name: self.plan(name, around, tiles) for name in self.scores}
            plans = {name: outcome for name, outcome in outcomes.items() if not isinstance(outcome, str)}
            reasons = sorted((each for each in outcomes.values() if isinstance(each, str)), key="needs_pll".__eq__)
            planned.append((plans, None if plans else reasons[0]))
        return planned
