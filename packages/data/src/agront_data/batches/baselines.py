"""Baselines without context, which a model must beat.

Both are fitted on the tokens of the training windows (`training_token_counts`) and give every position the same
distribution over tokens. A masked language model that is no better has learned nothing of the context.
"""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from agront_tokenizer import KmerTokenizer, Vocabulary
from jaxtyping import Float64, Int, Int64, UInt16

from agront_data.batches.mixture import PROPORTIONAL, Mixture
from agront_data.batches.token_batch import TokenBatch
from agront_data.batches.token_counts import training_token_counts
from agront_data.store import GenomeStore
from agront_data.windows import WindowGrid


@dataclasses.dataclass(frozen=True)
class TokenDistribution:
    """One distribution over the vocabulary, the same at every position.

    Attributes:
        name: For reports.
        log_probabilities: In nats; −inf for all but the k-mers and A, T, C, G, whose probabilities sum to 1.
    """

    name: str
    log_probabilities: Float64[np.ndarray, "vocabulary"]


class TokenLosses(NamedTuple):
    """Losses of R rows of tokens.

    Attributes:
        loss: Cross-entropy summed over the tokens of each row, nats.
        num_tokens: Number of tokens of each row that count: k-mers and A, T, C, G.
    """

    loss: Float64[np.ndarray, "R"]
    num_tokens: Int64[np.ndarray, "R"]


def fit_base_composition(token_counts: Int64[np.ndarray, "vocabulary"], vocabulary: Vocabulary) -> TokenDistribution:
    """Fits the baseline in which all nucleotides are independent.

    P(k-mer) = share of k-mers among tokens × product of its bases' frequencies; P(letter) = share of single letters ×
    its frequency. One is added to every count, so that nothing is impossible.

    Raises:
        ValueError: The counts are not the vocabulary's, or none is of a nucleotide token.
    """
    counts = _nucleotide_counts(token_counts, vocabulary)
    base_counts = np.array([counts @ (vocabulary.token_bases == base).sum(axis=1) for base in range(4)])
    base_log = np.log((base_counts + 1) / (base_counts.sum() + 4))
    kmers = counts[vocabulary.kmer_ids].sum()
    kmer_share = (kmers + 1) / (counts.sum() + 2)
    letter_ids = range(vocabulary.kmer_ids.stop, vocabulary.nucleotide_ids.stop)
    log_probabilities = np.full(vocabulary.size, -np.inf)
    kmer_bases = vocabulary.token_bases[vocabulary.kmer_ids]
    log_probabilities[vocabulary.kmer_ids] = np.log(kmer_share) + base_log[kmer_bases].sum(axis=1)
    log_probabilities[letter_ids] = np.log1p(-kmer_share) + base_log[vocabulary.token_bases[letter_ids, 0]]
    return TokenDistribution("base composition", log_probabilities)


def fit_kmer_frequencies(token_counts: Int64[np.ndarray, "vocabulary"], vocabulary: Vocabulary) -> TokenDistribution:
    """Fits the baseline in which each token has its own frequency, with one added to each count.

    Raises:
        ValueError: The counts are not the vocabulary's, or none is of a nucleotide token.
    """
    counts = _nucleotide_counts(token_counts, vocabulary)
    log_probabilities = np.full(vocabulary.size, -np.inf)
    smoothed = counts[vocabulary.nucleotide_ids] + 1
    log_probabilities[vocabulary.nucleotide_ids] = np.log(smoothed / smoothed.sum())
    return TokenDistribution(f"{vocabulary.k}-mer frequencies", log_probabilities)


def token_losses(
    distribution: TokenDistribution, tokens: UInt16[np.ndarray, "B T"] | Int[np.ndarray, "B T"]
) -> TokenLosses:
    """Returns the losses of rows of tokens.

    To score chosen positions only, put `<pad>` at all others.
    """
    log_probabilities = distribution.log_probabilities
    counted = np.isfinite(log_probabilities)[tokens]
    losses = -np.where(counted, log_probabilities[tokens], 0.0)
    return TokenLosses(losses.sum(axis=1), counted.sum(axis=1))


def baseline_losses(
    store: GenomeStore,
    training: WindowGrid,
    tokenizer: KmerTokenizer,
    held_out: Sequence[TokenBatch],
    num_tokens: int,
    both_strands: bool = True,
    mixture: Mixture = PROPORTIONAL,
) -> dict[str, TokenLosses]:
    """Returns the losses of held-out rows under each baseline, by name: k-mer frequencies, then base composition.

    Args:
        store: The genomes.
        training: The windows trained on, which the baselines are fitted on.
        tokenizer: Makes ids of bases.
        held_out: At least one batch; its rows are scored at all their positions, in order.
        num_tokens: Tokens in a row, as for `PretrainingLoader`.
        both_strands: Whether training reads both strands.
        mixture: How training rows are shared among genomes.

    Raises:
        ValueError: As `training_token_counts`, or the training windows hold N only.
    """
    counts = training_token_counts(store, training, tokenizer, num_tokens, both_strands, mixture)
    losses = {}
    for fit in (fit_kmer_frequencies, fit_base_composition):
        baseline = fit(counts, tokenizer.vocabulary)
        batches = [token_losses(baseline, batch.tokens) for batch in held_out]
        losses[baseline.name] = TokenLosses(*map(np.concatenate, zip(*batches, strict=True)))
    return losses


def _nucleotide_counts(
    token_counts: Int64[np.ndarray, "vocabulary"], vocabulary: Vocabulary
) -> Int64[np.ndarray, "vocabulary"]:
    if token_counts.shape != (vocabulary.size,):
        raise ValueError(f"counts of shape {token_counts.shape}; the vocabulary has {vocabulary.size} tokens")
    counts = np.zeros(vocabulary.size, np.int64)
    counts[vocabulary.nucleotide_ids] = token_counts[vocabulary.nucleotide_ids]
    if not counts.any():
        raise ValueError("no k-mer and no letter has been counted; the windows hold N only")
    return counts
