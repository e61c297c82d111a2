import jax
import numpy as np
import pytest
from agront_train import MaskingConfig, rows_key
from agront_train.tasks import mask_held_out, mask_tokens, num_masked_positions
from toy_training import CLS, MASK, PAD, N, ToyBatches, ToyVocabulary

VOCABULARY = ToyVocabulary()
KEY = rows_key(7)
PUBLISHED = MaskingConfig()
compiled_mask_tokens = jax.jit(mask_tokens, static_argnums=(3, 4))


def mask(tokens, rows=None, config=PUBLISHED):
    tokens = np.atleast_2d(np.asarray(tokens, np.uint16))
    rows = np.arange(len(tokens)) if rows is None else rows
    return jax.tree.map(np.asarray, compiled_mask_tokens(KEY, tokens, np.asarray(rows), VOCABULARY, config))


@pytest.fixture(scope="module")
def many():
    tokens = np.random.default_rng(0).integers(4, 20, (2000, 101)).astype(np.uint16)
    tokens[:, 0] = CLS
    return tokens, mask(tokens)


def test_chosen_tokens_are_masked_exchanged_and_kept_at_the_published_rates(many):
    _, masked = many
    seen = np.take_along_axis(masked.tokens, masked.positions, axis=1)
    assert masked.weights.sum() == 2000 * 15  # round(0.15 x 100) a row
    # Standard errors at 30,000 draws: 0.23 % and 0.17 %.
    assert np.mean(seen == MASK) == pytest.approx(0.8, abs=0.01)
    assert np.mean(seen == masked.targets) == pytest.approx(0.1, abs=0.008)
    assert np.mean((seen != MASK) & (seen != masked.targets)) == pytest.approx(0.1, abs=0.008)


def test_another_token_is_every_other_nucleotide_with_the_same_probability(many):
    _, masked = many
    seen = np.take_along_axis(masked.tokens, masked.positions, axis=1)
    exchanged = (seen != MASK) & (seen != masked.targets)
    assert set(np.unique(seen[exchanged])) == set(VOCABULARY.nucleotide_ids)
    shifts = np.bincount((seen[exchanged] - masked.targets[exchanged]) % 16, minlength=16)
    assert shifts[0] == 0
    expected = shifts.sum() / 15
    assert np.abs(shifts[1:] - expected).max() < 5 * np.sqrt(expected)


def test_every_position_is_chosen_equally_often(many):
    _, masked = many
    chosen = np.bincount(masked.positions.ravel(), minlength=101)
    assert chosen[0] == 0
    assert np.abs(chosen[1:] - 300).max() < 5 * np.sqrt(300)


def test_targets_are_what_stood_there_and_nothing_else_changes(many):
    tokens, masked = many
    np.testing.assert_array_equal(masked.targets, np.take_along_axis(tokens, masked.positions, axis=1))
    untouched = np.ones(tokens.shape, bool)
    np.put_along_axis(untouched, masked.positions, False, axis=1)
    np.testing.assert_array_equal(masked.tokens[untouched], tokens[untouched])
    assert all(len(set(row)) == 15 for row in masked.positions)


@pytest.mark.parametrize(("valid", "chosen"), [(0, 0), (3, 0), (4, 1), (9, 1), (10, 2), (30, 5), (100, 15)])
def test_the_number_chosen_is_a_rounded_share_of_the_valid_tokens(valid, chosen):
    tokens = np.full(120, PAD)
    tokens[0] = CLS
    tokens[1 : 1 + valid] = 5
    masked = mask(tokens)
    assert masked.weights.sum() == chosen
    assert masked.positions.shape == (1, 18)
    assert ((masked.positions[masked.weights == 1] >= 1) & (masked.positions[masked.weights == 1] <= valid)).all()


def test_special_tokens_and_n_are_neither_chosen_nor_drawn():
    tokens = np.tile([CLS, N, 0, PAD, MASK, 4, 19, N], (500, 1))
    masked = mask(tokens, config=MaskingConfig(rate=1.0, mask_share=0.0, random_share=1.0))
    special = ~np.isin(tokens, [4, 19])
    np.testing.assert_array_equal(masked.tokens[special], tokens[special])
    assert np.isin(masked.tokens[~special], list(VOCABULARY.nucleotide_ids)).all()
    assert (masked.tokens[~special] != tokens[~special]).all()
    assert (masked.weights.sum(1) == 2).all()


def test_a_row_is_masked_by_its_number_wherever_it_stands():
    batch = next(ToyBatches(batch_size=8))
    whole = mask(batch.tokens, batch.rows)
    turned = mask(batch.tokens[::-1], batch.rows[::-1])
    alone = mask(batch.tokens[5], batch.rows[5:6])
    for name in whole._fields:
        np.testing.assert_array_equal(getattr(whole, name)[::-1], getattr(turned, name))
        np.testing.assert_array_equal(getattr(whole, name)[5:6], getattr(alone, name))
    other = mask(batch.tokens, batch.rows + 8)
    assert (other.positions != whole.positions).any()


def test_loss_weights_go_with_the_chosen_tokens_and_change_nothing_else():
    batch = next(ToyBatches())
    weights = np.random.default_rng(0).random(batch.tokens.shape).astype(np.float32)
    plain = mask(batch.tokens, batch.rows)
    weighted = jax.tree.map(np.asarray, mask_tokens(KEY, batch.tokens, batch.rows, VOCABULARY, PUBLISHED, weights))
    for name in ("tokens", "positions", "targets"):
        np.testing.assert_array_equal(getattr(weighted, name), getattr(plain, name))
    for row, positions in enumerate(plain.positions):
        chosen = plain.weights[row] == 1
        np.testing.assert_array_equal(weighted.weights[row][chosen], weights[row, positions[chosen]])
        assert not weighted.weights[row][~chosen].any()


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_held_out_parts_mask_each_nucleotide_once(parts):
    batch = next(ToyBatches(batch_size=8))
    times = np.zeros(batch.tokens.shape, int)
    for part in range(parts):
        masked = jax.tree.map(
            np.asarray, mask_held_out(KEY, batch.tokens, batch.rows, VOCABULARY, part=part, parts=parts)
        )
        changed = masked.tokens != batch.tokens
        assert (masked.tokens[changed] == MASK).all()
        assert changed.sum() == masked.weights.sum()
        for row, (positions, weights) in enumerate(zip(masked.positions, masked.weights, strict=True)):
            assert changed[row, positions[weights == 1]].all()
        np.testing.assert_array_equal(masked.targets, np.take_along_axis(batch.tokens, masked.positions, axis=1))
        times += changed
    np.testing.assert_array_equal(times, np.isin(batch.tokens, list(VOCABULARY.nucleotide_ids)))


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"rate": 0.0}, "masking.rate is 0.0"), ({"mask_share": 0.8, "random_share": 0.3}, "more than 1 together")],
)
def test_impossible_shares_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        MaskingConfig(**settings)


@pytest.mark.parametrize(("rate", "tokens", "masked"), [(0.15, 1024, 154), (0.15, 10, 2), (0.15, 3, 0), (1.0, 7, 7)])
def test_masked_positions_are_the_rate_rounded_half_up(rate, tokens, masked):
    assert num_masked_positions(MaskingConfig(rate=rate), tokens) == masked
