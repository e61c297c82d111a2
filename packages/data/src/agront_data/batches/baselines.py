"""What a model must beat: predictions that look at no context at all.

Both are fitted on the tokens of the training windows (`training_token_counts`) and give every position the same
distribution over tokens. A masked language model that is no better has learned nothing of the context.
"""

import dataclasses

import numpy as np
from agront_tokenizer import Vocabulary
from jaxtyping import Float64, Int, Int64, UInt16


@dataclasses.dataclass(frozen=True)
class TokenDistribution:
    """One distribution over the vocabulary, the same at every position.

    Attributes:
        name: For reports.
        log_probabilities: In nats; −inf for all but the k-mers and A, T, C, G, whose probabilities sum to 1.
    """

    name: str
    log_probabilities: Float64[np.ndarray, "vocabulary"]


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
) -> tuple[Float64[np.ndarray, "B"], Int64[np.ndarray, "B"]]:
    """Returns each row's summed loss in nats, and the number of its tokens that count: k-mers and A, T, C, G.

    To score chosen positions only, put `<pad>` at all others.
    """
    log_probabilities = distribution.log_probabilities
    counted = np.isfinite(log_probabilities)[tokens]
    losses = -np.where(counted, log_probabilities[tokens], 0.0)
    return losses.sum(axis=1), counted.sum(axis=1)


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
