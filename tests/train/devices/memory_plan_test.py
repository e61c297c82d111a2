import dataclasses

import jax
import pytest
from agront_train import init_state
from agront_train.devices import ModelCosts, Remedy, device_memory, find_remedies, num_bytes, plan_memory
from toy_training import CONFIG, toy_task

ROWS = ModelCosts(row_activations=1_000, row_transient=500)
REMAT = ModelCosts(row_activations=100, row_transient=500)
RUN = dataclasses.replace(CONFIG, batch_size=24)


@pytest.fixture(scope="module")
def state():
    return jax.eval_shape(lambda: init_state(toy_task(), CONFIG))


@pytest.fixture(scope="module")
def fixed(state):
    """Bytes of parameters, gradient and Adam."""
    return 2 * num_bytes(state.params) + num_bytes(state.opt_state)


def test_a_run_that_just_fits_and_one_byte_less(state, fixed):
    needed = fixed + 24 * 1_500
    plan = plan_memory(state, RUN, ROWS, 1, needed)
    assert plan == (device_memory(state, RUN, ROWS, 1), True, 24, 1, 1)
    plan = plan_memory(state, RUN, ROWS, 1, needed - 1)
    # Of 23 rows that fit, 12 divide the batch on one device: on two devices, or in two micro-batches with a second
    # gradient beside them, which takes less than the 12 rows that it spares.
    assert plan == (device_memory(state, RUN, ROWS, 1), False, 23, 2, 2)


def test_remedies_change_little_before_they_change_much(state, fixed):
    models, needed = {False: ROWS, True: REMAT}, fixed + num_bytes(state.params) + 12 * 1_500
    assert find_remedies(state, RUN, models, 1, needed, remat=False) == [
        Remedy(remat=False, shard_optimizer=False, micro_batches=2),
        Remedy(remat=True, shard_optimizer=False, micro_batches=1),
    ]
    assert find_remedies(state, RUN, models, 1, needed, remat=True) == [Remedy(True, False, 1)]
    assert find_remedies(state, RUN, models, 1, fixed, remat=False) == []


def test_an_optimizer_is_sharded_over_several_devices(state, fixed):
    moments = num_bytes(state.opt_state)
    memory = fixed - moments // 3 + num_bytes(state.params) // 2 + 12 * 1_500  # a device holds its share of both
    models = {False: ROWS, True: ROWS}
    found = find_remedies(state, RUN, models, 2, memory, remat=True)
    assert Remedy(remat=True, shard_optimizer=True, micro_batches=1) in found
    assert Remedy(remat=True, shard_optimizer=False, micro_batches=1) not in found
