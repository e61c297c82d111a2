"""`Score`: what is asked of a model for one alternative allele, and what becomes of the answers."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Literal, NamedTuple

import numpy as np
from agront_tokenizer import Vocabulary
from jaxtyping import Int64

from agront_data.variants.likelihoods import Question, log_sum_exp
from agront_data.variants.questions import AnyQuestion, VectorQuestion
from agront_data.variants.token_pair import TokenPair

Score = Literal["llr", "wildtype", "base", "base_wildtype", "pll", "calibrated", "influence", "embedding"]
"""How an alternative allele is compared with the reference; natural logarithms.

| score | of | it |
|---|---|---|
| `llr` | substitutions of up to k bases | log p(alternative) − log p(reference) of the token that covers it, behind `<mask>`; the mean over strands and frames |
| `wildtype` | the same | the same, of a token that the model sees: one pass serves all variants of a tile |
| `base` | one base | log p(alternative) − log p(reference) of the base: the k-mers' probabilities behind `<mask>`, summed to the base, mean over strands and frames |
| `base_wildtype` | one base | the same, of a token that the model sees |
| `pll` | any allele | as `llr`, summed over all tokens that cover the alleles, each masked alone |
| `calibrated` | one base | `llr`, or another score of single bases, minus its mean over sites of the same five bases and alternative: a `Calibration` |
| `influence` | substitutions of up to k bases | mean change of the log-odds of the other bases of the window, without a mask, by the substitution |
| `embedding` | substitutions of up to k bases | how far vectors move, of the token that covers it and of the whole window; the mean over strands and frames |
"""  # noqa: E501

_DISTANCES = ("cosine", "l2", "dot")


def score_columns(score: Score) -> tuple[str, ...]:
    """Names the numbers that a score has: one, its own name; of `embedding` six.

    These are 1 − cosine, the Euclidean distance and the dot product of the reference's and the alternative's vector:
    `embedding_cosine` and so on of the token's, `embedding_mean_cosine` and so on of the mean of the window.
    """
    if score != "embedding":
        return (score,)
    return tuple(f"embedding_{which}{distance}" for which in ("", "mean_") for distance in _DISTANCES)


class AlleleScore(NamedTuple):
    """A score of one alternative allele, or one number of it (`score_columns`).

    Attributes:
        value: Natural logarithm; below 0 where the model expects the alternative less than the reference. Of
            `embedding`, a distance or a product; of `influence`, 0 or more.
        deviation: Population standard deviation over the pairs of strand and frame; None of the scores of bases, whose
            mean is one of probabilities, of `influence` and of `embedding`.
        num_pairs: How many pairs there are.
    """

    value: float
    deviation: float | None
    num_pairs: int


class ScorePlan(NamedTuple):
    """A score of one alternative allele before the model is asked.

    Attributes:
        pairs: For each pair of strand and frame what is asked.
        combined: From the answers, for each pair a list, to the numbers of the score, as `score_columns` names them.
    """

    pairs: Sequence[Sequence[AnyQuestion]]
    combined: Callable[[list[list[np.ndarray]]], tuple[AlleleScore, ...]]


def token_plan(pairs: Sequence[TokenPair]) -> ScorePlan:
    """Plans `llr` or `wildtype`, whichever the pairs are of."""
    asked = [np.array([[each.position, each.alternative], [each.position, each.reference]], np.int64) for each in pairs]
    questions = [[Question(each.tokens, of_pair)] for each, of_pair in zip(pairs, asked, strict=True)]
    return ScorePlan(questions, lambda answers: (_mean([values[0] - values[1] for [values] in answers]),))


def pll_plan(pairs: Sequence[list[Question]]) -> ScorePlan:
    """Plans `pll`: the first half of each pair's questions is of the alternative sequence."""

    def ratio(answers: Sequence[np.ndarray]) -> float:
        values = np.concatenate(answers)
        return float(values[: len(values) // 2].sum() - values[len(values) // 2 :].sum())

    return ScorePlan(pairs, lambda answers: (_mean([ratio(of_pair) for of_pair in answers]),))


def base_plan(pairs: Sequence[TokenPair], vocabulary: Vocabulary) -> ScorePlan:
    """Plans `base` or `base_wildtype`, whichever the pairs are of; one base is replaced."""
    kmers = np.arange(vocabulary.kmer_ids.start, vocabulary.kmer_ids.stop)
    questions = [[Question(each.tokens, _each_kmer(each.position, vocabulary.kmer_ids))] for each in pairs]
    bases = vocabulary.token_bases[kmers]
    # Which k-mers have the alternative, and which the reference, in the base's place.
    members = [
        [
            bases[:, each.frame] == vocabulary.token_bases[token, each.frame]
            for token in (each.alternative, each.reference)
        ]
        for each in pairs
    ]
    return ScorePlan(questions, partial(_base_ratio, members))


@lru_cache(maxsize=64)
def _each_kmer(position: int, kmers: range) -> Int64[np.ndarray, "A 2"]:
    """Asks for all k-mers at a place; alleles near each other share the array, so that `answers` asks them once."""
    asked = np.stack([np.full(len(kmers), position), np.arange(kmers.start, kmers.stop)], axis=1)
    asked.setflags(write=False)
    return asked


def calibrated_plan(plan: ScorePlan, mean: float) -> ScorePlan:
    """Plans `calibrated`, of the plan of the score that is calibrated, and its mean."""

    def calibrated(answers: list[list[np.ndarray]]) -> tuple[AlleleScore, ...]:
        [score] = plan.combined(answers)
        return (score._replace(value=score.value - mean),)

    return ScorePlan(plan.pairs, calibrated)


def embedding_plan(pairs: Sequence[TokenPair]) -> ScorePlan:
    """Plans `embedding`: the window of each pair is read with either token in its place."""
    questions = [
        [VectorQuestion(each.with_token(token), each.position) for token in (each.reference, each.alternative)]
        for each in pairs
    ]
    return ScorePlan(questions, _distances)


def _distances(answers: list[list[np.ndarray]]) -> tuple[AlleleScore, ...]:
    vectors = np.array(answers, np.float64)  # [pairs, allele, token or mean, D]
    one, other = vectors[:, 0], vectors[:, 1]
    products = (one * other).sum(axis=-1)
    norms = np.linalg.norm(one, axis=-1) * np.linalg.norm(other, axis=-1)
    cosines = 1 - products / np.where(norms == 0, 1, norms)
    values = np.stack([cosines, np.linalg.norm(one - other, axis=-1), products], axis=-1).mean(axis=0)
    return tuple(AlleleScore(float(value), None, len(answers)) for value in values.reshape(-1))


def _base_ratio(members: Sequence[Sequence[np.ndarray]], answers: list[list[np.ndarray]]) -> tuple[AlleleScore, ...]:
    sums = np.array(
        [
            [log_sum_exp(values[of_base]) - whole for of_base in of_pair]
            for of_pair, [values] in zip(members, answers, strict=True)
            for whole in [log_sum_exp(values)]
        ]
    )
    alternative, reference = (log_sum_exp(each) for each in sums.T)
    return (AlleleScore(alternative - reference, None, len(answers)),)


def _mean(ratios: Sequence[float]) -> AlleleScore:
    return AlleleScore(float(np.mean(ratios)), float(np.std(ratios)), len(ratios))
