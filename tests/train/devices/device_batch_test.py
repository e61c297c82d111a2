import dataclasses

import numpy as np
import pytest
from agront_train.devices import check_batch_size, split_batch
from toy_training import CONFIG, ToyBatch


def test_split_batch_keeps_rows_in_order():
    batch = ToyBatch(np.arange(24, dtype=np.uint16).reshape(8, 3), np.arange(100, 108))
    cut = split_batch(batch, 2, 2)
    assert cut.tokens.shape == (2, 2, 2, 3)
    np.testing.assert_array_equal(cut.rows.ravel(), batch.rows)
    np.testing.assert_array_equal(cut.tokens.reshape(8, 3), batch.tokens)
    assert cut.loss_weights is None
    weights = np.linspace(0, 1, 24, dtype=np.float32).reshape(8, 3)
    cut = split_batch(batch._replace(loss_weights=weights), 2, 2)
    np.testing.assert_array_equal(cut.loss_weights, weights.reshape(2, 2, 2, 3))


def test_row_numbers_beyond_32_bits_are_refused():
    with pytest.raises(ValueError, match="4294967296 does not fit"):
        split_batch(ToyBatch(np.zeros((1, 3), np.uint16), np.array([2**32])), 1, 1)


def test_a_batch_that_cannot_be_cut_is_refused_with_one_that_can():
    config = dataclasses.replace(CONFIG, batch_size=100, micro_batches=3)
    with pytest.raises(ValueError, match=r"100 rows .* 8 devices with 3 micro-batches .* train.batch_size 96"):
        check_batch_size(config, 8)
    check_batch_size(dataclasses.replace(CONFIG, batch_size=96, micro_batches=3), 8)
