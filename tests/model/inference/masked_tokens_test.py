import jax
import numpy as np
import pytest
from agront_model import Precision, Pretrained, make_model
from agront_model.inference import MaskedPredictor, predict_masked
from agront_model.inference.devices import DeviceFunction

MASK = 2


@pytest.fixture(scope="module")
def logits_of(pretrained):
    """Logits [tokens, V] of a row that fits the context, alone and unpadded."""

    def logits(row):
        embeddings = pretrained.model.encode(pretrained.params, row[None]).embeddings
        return np.asarray(pretrained.model.lm_logits(pretrained.params, embeddings[0]), np.float64)

    return logits


def masked(row, *positions):
    row = row.copy()
    row[list(positions)] = MASK
    return row


@pytest.mark.parametrize("num_devices", [1, 4])
def test_equals_the_head_on_each_row_alone(pretrained, make_row, logits_of, num_devices):
    if jax.local_device_count() < num_devices:
        pytest.skip(f"needs {num_devices} devices, virtual ones will do")
    rows = [
        masked(make_row(0, 36), 35),
        masked(make_row(1, 64), 1, 2, 3, 11, 63),
        masked(make_row(2, 36), 1, 4),
    ]
    finished = []
    predictor = MaskedPredictor(pretrained, k=3, devices=jax.local_devices()[:num_devices])
    found = predictor(rows, finished.append)
    places = [(0, 35), (1, 1), (1, 2), (1, 3), (1, 11), (1, 63), (2, 1), (2, 4)]
    assert [(prediction.row, prediction.position) for prediction in found] == places
    assert sum(finished) == 3
    for row, position, tokens, probabilities, logits in found:
        expected = logits_of(rows[row])[position]
        np.testing.assert_allclose(logits, expected, atol=1e-5)
        likelihoods = np.exp(expected) / np.exp(expected).sum()
        assert tokens.tolist() == np.argsort(-expected)[:3].tolist()
        np.testing.assert_allclose(probabilities, np.sort(likelihoods)[::-1][:3], atol=1e-5)
        assert (probabilities.dtype, logits.dtype) == (np.float32, np.float32)


def test_groups_of_rows_change_nothing(pretrained, make_row, monkeypatch):
    rows = [
        masked(make_row(0, 36), 35),
        masked(make_row(1, 64), 1, 2, 3),
        *(masked(make_row(i, 36), 4) for i in (2, 3)),
    ]
    predictor = MaskedPredictor(pretrained, devices=jax.local_devices()[:1])
    at_once, sizes = predictor(rows), []
    monkeypatch.setattr("agront_model.inference.masked_tokens._MASKS_AT_ONCE", 3)
    monkeypatch.setattr("agront_model.inference.masked_tokens._ROWS_AT_ONCE", 2)
    call = MaskedPredictor.__call__
    monkeypatch.setattr(
        MaskedPredictor, "__call__", lambda self, rows, **more: sizes.append(len(rows)) or call(self, rows, **more)
    )
    grouped = list(predictor.in_groups(rows))
    assert sizes == [2, 2]
    assert [(each.row, each.position) for each in grouped] == [(each.row, each.position) for each in at_once]
    for one, other in zip(grouped, at_once, strict=True):
        np.testing.assert_allclose(one.logits, other.logits, atol=1e-5)
    assert list(predictor.in_groups([])) == []


def test_probabilities_of_all_tokens_sum_to_one(pretrained, make_row):
    (prediction,) = predict_masked(pretrained, [masked(make_row(4, 36), 3)], k=40)
    assert sorted(prediction.tokens.tolist()) == list(range(40))
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-6)
    assert (np.diff(prediction.probabilities) <= 0).all()


def test_masks_of_a_long_row_are_predicted_where_they_stand_far_from_an_edge(pretrained, make_row, logits_of):
    # Tiles by hand as in tiles_test: tokens 1-63 and 17-79, the first owns up to 40.
    row = masked(make_row(5, 80), 40, 41)
    found = predict_masked(pretrained, [row])
    assert [prediction.position for prediction in found] == [40, 41]
    np.testing.assert_allclose(found[0].logits, logits_of(row[:64])[40], atol=1e-5)
    second = np.concatenate([row[:1], row[17:]])
    np.testing.assert_allclose(found[1].logits, logits_of(second)[25], atol=1e-5)


def test_tiles_without_a_mask_are_not_computed(pretrained, make_row, monkeypatch):
    shapes, call = [], DeviceFunction.__call__
    monkeypatch.setattr(
        DeviceFunction, "__call__", lambda self, *arrays: shapes.append(arrays[0].shape) or call(self, *arrays)
    )
    finished = []
    row = masked(make_row(6, 500), 250)
    found = predict_masked(pretrained, [row], devices=jax.local_devices()[:1], progress=finished.append)
    assert [prediction[:2] for prediction in found] == [(0, 250)]
    assert finished == [1]
    assert shapes == [(1, 64)]


@pytest.mark.parametrize("compute", ["float32", "bfloat16"])
def test_weights_that_are_finite_and_overflow_give_no_prediction(pretrained, config, make_row, compute):
    params = {module: dict(leaves) for module, leaves in pretrained.params.items()}
    decoder = params["agront/lm_head/decoder"]
    decoder["w"] = np.full_like(decoder["w"], 3e38)  # the largest float32 is 3.4e38
    large = Pretrained(make_model(config, Precision(compute=compute)), params, config)
    rows = [masked(make_row(7, 36), 3), masked(make_row(8, 36), 5)]
    with pytest.raises(FloatingPointError, match=r"^row 0, <mask> at token 3: the model's output is not finite"):
        predict_masked(large, rows)
    with pytest.raises(FloatingPointError, match=r"^first, <mask> at token 3: "):
        list(MaskedPredictor(large).in_groups(rows, ["first", "second"]))


def test_a_row_of_masks_alone(pretrained, logits_of):
    row = np.array([3] + [MASK] * 35)
    found = predict_masked(pretrained, [row])
    np.testing.assert_allclose([prediction.logits for prediction in found], logits_of(row)[1:], atol=1e-5)


def test_bad_input_is_refused(pretrained, make_row):
    with pytest.raises(ValueError, match=r"row 1 has no <mask> \(token 2\): put one where"):
        predict_masked(pretrained, [masked(make_row(0, 9), 1), make_row(1, 9)])
    for k in (0, 41):
        with pytest.raises(ValueError, match=rf"k must lie in \[1, 40\], the size of the vocabulary, got {k}"):
            MaskedPredictor(pretrained, k=k)
    with pytest.raises(ValueError, match="`overlap` must lie in"):
        MaskedPredictor(pretrained, overlap=-1)
