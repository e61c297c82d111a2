from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import pytest
from agront_train import LossSum, TrainConfig
from agront_train.update import make_gradient


class Rows(NamedTuple):
    rows: np.ndarray
    labels: np.ndarray


class Scaled:
    """Half the squared error of (trained x frozen) against each label; each row weighs 2."""

    num_tokens = 1

    def init(self, rng):
        return {"w": jnp.zeros(())}

    def loss_sums(self, trained, frozen, batch, key):
        errors = trained["w"] * frozen["scale"] - batch.labels
        return LossSum(0.5 * jnp.square(errors).sum(), jnp.float32(2 * len(errors)))

    def row_scores(self, trained, frozen, batch):
        raise NotImplementedError


@pytest.mark.parametrize("shape", [(1, 4), (2, 2), (4, 1)], ids=["1 micro-batch", "2", "4"])
def test_sums_by_hand_of_trained_parameters_only_however_rows_are_cut(shape):
    batch = Rows(np.arange(4, dtype=np.uint32).reshape(shape), np.array([1, 2, 3, 4], np.float32).reshape(shape))
    gradient = make_gradient(Scaled(), TrainConfig())
    grads, total = gradient({"w": jnp.float32(1)}, {"scale": jnp.float32(2)}, batch)
    # Errors are 1, 0, -1, -2; the gradient is 2 for each unit of error.
    assert grads == {"w": -4.0}
    assert (total.loss, total.weight) == (3.0, 8.0)
