"""`ScorePlanner`: what each score of an allele asks of a model."""

import dataclasses

from agront_tokenizer import KmerTokenizer

from agront_data.variants.allele_change import Reason
from agront_data.variants.calibration import Calibration
from agront_data.variants.influences import influence_plan
from agront_data.variants.masked_tokens import Frames, masked_pairs
from agront_data.variants.pseudo_likelihoods import pseudo_likelihood_pairs
from agront_data.variants.scores import (
    Score,
    ScorePlan,
    base_plan,
    calibrated_plan,
    embedding_plan,
    pll_plan,
    token_plan,
)
from agront_data.variants.surroundings import Surroundings
from agront_data.variants.token_pair import Strand, TokenPair
from agront_data.variants.wildtype_tiles import WildtypeTiles

_OF_ONE_BASE: tuple[Score, ...] = ("base", "base_wildtype", "calibrated")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScorePlanner:
    """How the scores of a variant are planned.

    Attributes:
        tokenizer: The model's.
        context: Tokens of a window after `<cls>`.
        scores: Which to compute.
        frames: Of `llr` and `base`; see `masked_pairs`.
        strands: Which to read.
        calibration: What `calibrated` subtracts, and of which score.

    Raises:
        ValueError: `calibrated` is to be computed, and there is no calibration.
    """

    tokenizer: KmerTokenizer
    context: int
    scores: tuple[Score, ...] = ("llr",)
    frames: Frames = "all"
    strands: tuple[Strand, ...] = ("+", "-")
    calibration: Calibration | None = None

    def __post_init__(self) -> None:
        if "calibrated" in self.scores and self.calibration is None:
            raise ValueError("the score calibrated needs a table of mean scores: give `calibration`")

    @property
    def computed(self) -> set[Score]:
        """The scores that a model is asked for: in place of `calibrated`, the one that is."""
        return {self.calibration.score if each == "calibrated" and self.calibration else each for each in self.scores}

    def plan(self, score: Score, around: Surroundings, tiles: WildtypeTiles) -> ScorePlan | Reason:
        """Plans a score of an allele.

        Args:
            score: The score.
            around: The change, and its contig around it.
            tiles: Lays out tokens that are not masked; the same for all alleles that are scored together.

        Returns:
            What is asked of the model, and what becomes of the answers; or why the allele does not have this score.
        """
        change, most = around.change, 1 if score in _OF_ONE_BASE else self.tokenizer.vocabulary.k
        if score == "pll":
            plan = self._pll(around)
        elif not change.is_substitution or change.num_replaced > most:
            return "needs_pll"
        elif score == "calibrated":
            plan = self._calibrated(around, tiles)
        else:
            plan = self._substitution(score, around, tiles)
        if isinstance(plan, str) or plan.pairs:
            return plan
        return "contig_short" if around.contig_length < self.tokenizer.vocabulary.k else "n_in_token"

    def _pll(self, around: Surroundings) -> ScorePlan | Reason:
        local = around.change._replace(position=around.start)
        asked = pseudo_likelihood_pairs(around.bases, local, self.tokenizer, context=self.context, strands=self.strands)
        return "too_long" if asked == "too_long" else pll_plan(asked)

    def _calibrated(self, around: Surroundings, tiles: WildtypeTiles) -> ScorePlan | Reason:
        assert self.calibration is not None
        plan = self.plan(self.calibration.score, around, tiles)
        if isinstance(plan, str):
            return plan
        mean = self.calibration.mean_at(around.bases, around.start, around.change.bases)
        return "no_calibration" if mean is None else calibrated_plan(plan, mean)

    def _substitution(self, score: Score, around: Surroundings, tiles: WildtypeTiles) -> ScorePlan:
        if score == "influence":
            return influence_plan(around, self.tokenizer, context=self.context, strands=self.strands)
        pairs = self._pairs(score, around, tiles)
        if score == "embedding":
            return embedding_plan(pairs)
        return base_plan(pairs, self.tokenizer.vocabulary) if score.startswith("base") else token_plan(pairs)

    def _pairs(self, score: Score, around: Surroundings, tiles: WildtypeTiles) -> list[TokenPair]:
        if score in ("wildtype", "base_wildtype"):
            return tiles.pairs(around)
        return masked_pairs(
            around.bases,
            around.start,
            around.change.bases,
            self.tokenizer,
            context=self.context,
            frames=self.frames,
            strands=self.strands,
        )
