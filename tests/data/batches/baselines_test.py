import math
from collections.abc import Callable

import numpy as np
import pytest
from agront_data import GenomeStore, HeldOut, WindowGrid, Windows, held_out_batches
from agront_data.batches import (
    TokenDistribution,
    baseline_losses,
    fit_base_composition,
    fit_kmer_frequencies,
    token_losses,
)
from agront_tokenizer import KmerTokenizer, Vocabulary

Fit = Callable[[np.ndarray, Vocabulary], TokenDistribution]
VOCABULARY = Vocabulary(k=3)


def ids(*tokens: str) -> list[int]:
    return [VOCABULARY.tokens.index(token) for token in tokens]


def counts_of(*tokens: str) -> np.ndarray:
    return np.bincount(ids(*tokens), minlength=VOCABULARY.size)


COUNTS = counts_of("<cls>", "AAT", "AAT", "CGA", "A", "N", "N", "<pad>")


def test_base_composition_by_hand() -> None:
    log_p = fit_base_composition(COUNTS, VOCABULARY).log_probabilities
    # Ten bases: A 4 + 1 + 1 = 6, T 2, C 1, G 1; three k-mers of four tokens; one added to each count.
    a, t, c, g = 7 / 14, 3 / 14, 2 / 14, 2 / 14
    kmer_share = 4 / 6
    expected = {
        "AAT": kmer_share * a * a * t,
        "CGA": kmer_share * c * g * a,
        "GGG": kmer_share * g**3,
        "A": (1 - kmer_share) * a,
        "G": (1 - kmer_share) * g,
    }
    for token, probability in expected.items():
        assert log_p[ids(token)[0]] == pytest.approx(math.log(probability), abs=1e-12)


def test_kmer_frequencies_by_hand() -> None:
    distribution = fit_kmer_frequencies(COUNTS, VOCABULARY)
    assert distribution.name == "3-mer frequencies"
    # Four nucleotide tokens, and one more for each of 64 k-mers and 4 letters.
    for token, count in {"AAT": 3, "CGA": 2, "A": 2, "T": 1, "TTT": 1}.items():
        assert distribution.log_probabilities[ids(token)[0]] == pytest.approx(math.log(count / 72), abs=1e-12)


@pytest.mark.parametrize("fit", [fit_base_composition, fit_kmer_frequencies])
@pytest.mark.parametrize("counts", [COUNTS, counts_of("AAA"), counts_of("T")])
def test_probabilities_sum_to_one_over_nucleotide_tokens(fit: Fit, counts: np.ndarray) -> None:
    log_p = fit(counts, VOCABULARY).log_probabilities
    assert log_p.shape == (VOCABULARY.size,)
    assert np.exp(log_p[VOCABULARY.nucleotide_ids]).sum() == pytest.approx(1, abs=1e-12)
    assert np.isneginf(np.delete(log_p, VOCABULARY.nucleotide_ids)).all()


def test_losses_count_nucleotide_tokens_only() -> None:
    distribution = fit_kmer_frequencies(COUNTS, VOCABULARY)
    rows = [ids("<cls>", "AAT", "N", "A"), ids("<cls>", "TTT", "<mask>", "<pad>"), ids(*["<pad>"] * 4)]
    losses, counts = token_losses(distribution, np.array(rows, np.uint16))
    np.testing.assert_allclose(losses, [math.log(72 / 3) + math.log(72 / 2), math.log(72), 0], atol=1e-12)
    assert counts.tolist() == [2, 1, 0]


@pytest.mark.parametrize("fit", [fit_base_composition, fit_kmer_frequencies])
def test_counts_that_cannot_be(fit: Fit) -> None:
    with pytest.raises(ValueError, match="the vocabulary has 73 tokens"):
        fit(np.zeros(4105, np.int64), VOCABULARY)
    with pytest.raises(ValueError, match="the windows hold N only"):
        fit(counts_of("<cls>", "N", "<pad>"), VOCABULARY)


def test_frequencies_beat_composition_where_bases_depend_on_each_other() -> None:
    tokens = KmerTokenizer(VOCABULARY).encode_batch(["AATCGA" * 50])
    counts = np.bincount(tokens.ravel(), minlength=VOCABULARY.size)
    losses = [
        token_losses(fit(counts, VOCABULARY), tokens)[0][0] for fit in (fit_kmer_frequencies, fit_base_composition)
    ]
    assert losses[0] < losses[1]


def test_losses_of_held_out_rows_by_hand(make_store: Callable[..., GenomeStore]) -> None:
    store = make_store({"rice": {"c1": "AAAAAA", "c2": "AAATTTCCNNNN"}})
    held_out, windows = HeldOut(contigs=("c2",)), Windows(length=6, max_n_fraction=1.0)
    training, unseen = (WindowGrid.build(store, windows, held_out, part) for part in ("training", "held_out"))
    tokenizer = KmerTokenizer(VOCABULARY)
    batches = list(held_out_batches(store, unseen, tokenizer, batch_size=1, num_tokens=3))
    losses = baseline_losses(store, training, tokenizer, batches, 3, both_strands=False)
    # Trained on AAA AAA, and in the two other frames on AAA; one is added to each of 68 counts. The held-out rows are
    # AAA TTT, and C C (the rest is cut).
    frequencies = [math.log(72 / 5) + math.log(72), 2 * math.log(72)]
    # 12 bases, all A, and one more of each. All of 4 tokens are k-mers, so their share is 5 / 6.
    a, other, kmer, letter = (-math.log(p) for p in (13 / 16, 1 / 16, 5 / 6, 1 / 6))
    composition = [2 * kmer + 3 * a + 3 * other, 2 * (letter + other)]
    assert list(losses) == ["3-mer frequencies", "base composition"]
    for name, expected in zip(losses, (frequencies, composition), strict=True):
        np.testing.assert_allclose(losses[name].loss, expected, rtol=1e-12)
        assert losses[name].num_tokens.tolist() == [2, 2]
