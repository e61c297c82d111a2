import numpy as np
import pytest
from agront_train import RowLosses, baselines_of, paired_difference, summarize_held_out


def test_losses_are_those_of_all_classes_together():
    scores = {"loss": np.array([[1.0, 2.0], [3.0, 0.0]]), "weight": np.array([[2.0, 1.0], [4.0, 0.0]])}
    losses = RowLosses.of(scores)
    np.testing.assert_array_equal(losses.loss, [3.0, 3.0])
    np.testing.assert_array_equal(losses.weight, [3.0, 4.0])


def test_mean_and_perplexity_are_by_token():
    losses = RowLosses(np.array([1.0, 5.0]), np.array([1.0, 2.0]))
    assert losses.mean == 2.0
    assert losses.perplexity == pytest.approx(np.exp(2.0))


def test_paired_difference_by_hand():
    # Two rows of one token each that differ by 1 and 3: mean 2, standard error sqrt(2) / sqrt(2) = 1.
    count = np.array([1.0, 1.0, 0.0])
    difference = paired_difference(
        RowLosses(np.array([2.0, 4.0, 0.0]), count), RowLosses(np.array([1.0, 1.0, 0.0]), count)
    )
    assert difference.mean == pytest.approx(2.0)
    assert difference.standard_error == pytest.approx(1.0)


def test_the_summary_by_hand():
    count = np.array([1.0, 1.0, 0.0])
    losses, baseline = (RowLosses(np.array(loss), count) for loss in ([2.0, 4.0, 0.0], [1.0, 1.0, 0.0]))
    assert summarize_held_out(7, losses, {"a baseline": baseline}) == {
        "step": 7,
        "held_out_tokens": 2,
        "model": {"loss": 3.0, "perplexity": pytest.approx(np.exp(3.0))},
        "a baseline": {
            "loss": 1.0,
            "perplexity": pytest.approx(np.e),
            "model_minus_it": pytest.approx(2.0),
            "standard_error": pytest.approx(1.0),
        },
    }


def test_standard_error_is_that_of_repeated_samples():
    random = np.random.default_rng(0)
    means, errors = [], []
    for _ in range(400):
        count = random.integers(50, 150, 40).astype(float)
        loss = random.normal(0.1, 0.5, 40) * count
        difference = paired_difference(RowLosses(loss, count), RowLosses(np.zeros(40), count))
        means.append(difference.mean)
        errors.append(difference.standard_error)
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.1)


def test_losses_on_different_tokens_are_not_compared():
    with pytest.raises(ValueError, match="different tokens"):
        paired_difference(RowLosses(np.ones(2), np.ones(2)), RowLosses(np.ones(2), np.array([1.0, 2.0])))
    with pytest.raises(ValueError, match="at least two held-out rows"):
        paired_difference(RowLosses(np.ones(1), np.ones(1)), RowLosses(np.ones(1), np.ones(1)))


def test_losses_by_group_by_hand():
    # The fourth row has a group but no token, the last two are filling.
    losses = RowLosses(np.array([1.0, 5.0, 3.0, 0.0, 0.0, 0.0]), np.array([1.0, 2.0, 3.0, 0.0, 0.0, 0.0]))
    by_group = losses.by_group(["rice", "maize", "rice", "none"])
    assert by_group == {"rice": 1.0, "maize": 2.5}
    assert list(by_group) == ["rice", "maize"]


@pytest.mark.parametrize("groups", [["rice"], ["rice"] * 4])
def test_a_row_with_tokens_needs_its_group(groups):
    with pytest.raises(ValueError, match="were given for 3 rows, 2 of them with tokens"):
        RowLosses(np.ones(3), np.array([1.0, 2.0, 0.0])).by_group(groups)


def test_losses_of_a_baseline_are_those_of_rows():
    baselines = baselines_of({"composition": (np.array([4.0, 6.0, 0.0]), np.array([3, 2, 0]))})
    assert list(baselines) == ["composition"]
    assert baselines["composition"].mean == 2.0
    assert baselines["composition"].weight.dtype == float


def test_a_single_row_with_tokens_is_refused_with_the_options_that_give_more():
    with pytest.raises(ValueError, match=r"only one held-out window has bases.*--held-out\.every.*--windows\.length"):
        baselines_of({"composition": (np.array([4.0, 0.0]), np.array([3, 0]))})
