import numpy as np
import pytest
from agront_data.metrics import agreement, auprc, auroc, spearman
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, roc_auc_score


def test_labels_by_hand():
    truth = np.array([1, 0, 1, 0, np.nan, 1.0])
    scores = np.array([0.9, 0.1, 0.4, 0.6, 0.5, np.nan])
    auroc, auprc = agreement(truth, scores)
    # Of the four pairs of a 1 and a 0, three are in order: 0.9 > 0.1, 0.9 > 0.6, 0.4 > 0.1.
    assert (auroc.name, auroc.value, auroc.num) == ("AUROC", 0.75, 4)
    # By falling score 1, 0, 1, 0: the precision at the first 1 is 1, at the second 2/3.
    assert (auprc.name, auprc.value) == ("AUPRC", pytest.approx(5 / 6))
    assert auroc.low <= 0.75 <= auroc.high


def test_numbers_by_hand():
    [spearman] = agreement(np.array([1.0, 5.0, 2.0, 40.0]), np.array([0.1, 0.3, 0.2, 0.15]))
    # Ranks 1 3 2 4 and 1 4 3 2: 1 - 6 (0 + 1 + 1 + 4) / (4 · 15).
    assert (spearman.name, spearman.num) == ("Spearman", 4)
    assert spearman.value == pytest.approx(0.4)


@pytest.mark.parametrize("number", [40, 1000])
def test_intervals_hold_the_truth_and_shrink(number):
    """Normal scores, the labelled ones one deviation higher: AUROC is Φ(1 / √2) = 0.760."""
    rng = np.random.default_rng(1)
    inside, widths = 0, []
    for seed in range(10):
        truth = np.arange(number) % 2 * 1.0
        auroc, _ = agreement(truth, rng.normal(size=number) + truth, seed=seed)
        inside += auroc.low <= 0.7602 <= auroc.high
        widths.append(auroc.high - auroc.low)
    assert inside >= 7
    # Hanley and McNeil's (1982) standard error at 0.76 with equal halves: 0.0765 of 40, 0.0150 of 1,000.
    assert np.mean(widths) == pytest.approx(2 * 1.96 * {40: 0.0765, 1000: 0.0150}[number], rel=0.2)


@pytest.mark.parametrize(
    ("truth", "scores"),
    [([1, 0], [0.1, 0.2]), ([1, 1, 1], [0.1, 0.2, 0.3]), ([1, 0, 1], [0.2, 0.2, 0.2]), ([np.nan] * 4, [1, 2, 3, 4])],
)
def test_nothing_to_compare(truth, scores):
    assert agreement(np.array(truth, float), np.array(scores, float)) == []


@pytest.mark.parametrize("digits", [0, 1, 8])
def test_figures_are_those_of_scikit_learn_and_scipy(digits):
    """With ties, few digits; a sample in which all labels are the same has no figure."""
    rng = np.random.default_rng(digits)
    scores, effects = (rng.normal(size=(20, 60)).round(digits) for _ in range(2))
    labels = rng.integers(0, 2, (20, 60)).astype(float)
    for row in range(20):
        one = slice(row, row + 1)
        assert auroc(labels[one], scores[one]) == pytest.approx(roc_auc_score(labels[row], scores[row]))
        assert auprc(labels[one], scores[one]) == pytest.approx(average_precision_score(labels[row], scores[row]))
        assert spearman(effects[one], scores[one]) == pytest.approx(spearmanr(effects[row], scores[row]).statistic)
    assert np.isnan(auroc(np.ones((1, 60)), scores[:1]))
    assert np.isnan(auprc(np.zeros((1, 60)), scores[:1]))
