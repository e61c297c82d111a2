"""`ScoredAllele`: what is found for one alternative allele."""

from typing import NamedTuple

from agront_data.variants.allele_change import Reason
from agront_data.variants.scores import AlleleScore


class ScoredAllele(NamedTuple):
    """What is found for one alternative allele.

    Attributes:
        scores: By name (`score_columns`); those that the allele has.
        reason: Why it has none; None where it has one.
    """

    scores: dict[str, AlleleScore]
    reason: Reason | None
