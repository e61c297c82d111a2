import dataclasses
from functools import partial

import jax
import numpy as np
import pytest
from agront_train import TrainConfig, init_state
from agront_train.devices import (
    ModelCosts,
    device_memory,
    fewest_devices,
    fewest_micro_batches,
    largest_micro_batch,
    num_bytes,
)
from agront_train.update import first_state, make_gradient
from toy_training import CONFIG, ToyBatches, ToyModel, toy_task

MODEL = ModelCosts(row_activations=1_000, row_transient=500, weight_copy=70)
TASK = toy_task()


def allocated(tree):
    return sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(tree))


@pytest.fixture(scope="module")
def state():
    """Real arrays."""
    return init_state(TASK, CONFIG)


def shapes_of(config):
    return jax.eval_shape(lambda: init_state(TASK, config))


def fixed_bytes(state):
    """Parameters, gradient and Adam of a toy, as allocated."""
    return 2 * allocated(state.params) + allocated(state.opt_state)


def test_parameters_gradients_and_adam_are_exactly_what_is_allocated(state):
    memory = device_memory(shapes_of(CONFIG), CONFIG, MODEL, 1)
    batch = next(ToyBatches(CONFIG.batch_size))
    gradient, _ = make_gradient(TASK, CONFIG)(state.params, (), jax.tree.map(lambda leaf: leaf[None], batch))
    assert memory.parameters == allocated(state.params)
    assert memory.gradients == allocated(gradient)
    assert memory.adam == allocated(state.opt_state)
    assert memory.accumulator == 0


def test_frozen_parameters_need_their_own_bytes_and_no_more(state):
    frozen = {"encoder": np.zeros(1000, np.float32)}
    plain = device_memory(state, CONFIG, MODEL, 1)
    memory = device_memory(state._replace(frozen=frozen), CONFIG, MODEL, 1)
    assert memory == dataclasses.replace(plain, parameters=plain.parameters + 4000)


def test_a_device_holds_the_rows_of_one_micro_batch(state):
    config = dataclasses.replace(CONFIG, batch_size=24, micro_batches=3)
    memory = device_memory(state, config, MODEL, 2)
    assert memory.accumulator == allocated(state.params)
    assert (memory.activations, memory.transient, memory.weight_copy) == (4 * 1_000, 4 * 500, 70)
    assert memory.total == fixed_bytes(state) + allocated(state.params) + 4 * 1_500 + 70


def test_a_sharded_optimizer_is_exactly_what_each_device_allocates():
    config = dataclasses.replace(CONFIG, shard_optimizer=True)
    devices = jax.local_devices()[:3]  # which divides no leaf's size
    params = ToyModel().init(jax.random.key(0), None)

    @partial(jax.vmap, axis_name="devices", in_axes=None, axis_size=len(devices))
    def optimizer_of_each(params):
        return first_state(params, config, axis_name="devices").opt_state

    on_all = allocated(optimizer_of_each(params))
    memory = device_memory(shapes_of(config), dataclasses.replace(config, batch_size=9), MODEL, 3)
    assert memory.adam * 3 == on_all
    assert memory.share == 4 * (112 + 256 + 112 + 7)  # of 336, 768, 336 and 21 parameters


def test_the_largest_micro_batch_fits_and_one_row_more_does_not(state):
    fixed = fixed_bytes(state) + 70
    assert largest_micro_batch(state, CONFIG, MODEL, 1, fixed + 5 * 1_500) == 5
    assert largest_micro_batch(state, CONFIG, MODEL, 1, fixed + 5 * 1_500 - 1) == 4
    assert largest_micro_batch(state, CONFIG, MODEL, 1, fixed - 1) == 0


def test_the_fewest_micro_batches_divide_the_rows_of_a_device(state):
    config = dataclasses.replace(CONFIG, batch_size=24)
    fixed = fixed_bytes(state) + 70
    assert fewest_micro_batches(state, config, MODEL, 2, fixed + 12 * 1_500) == 1
    # More than one needs a second gradient; of 12 rows 5 would fit, 4 divide.
    available = fixed + allocated(state.params) + 5 * 1_500
    assert fewest_micro_batches(state, config, MODEL, 2, available) == 3
    assert fewest_micro_batches(state, config, MODEL, 2, fixed + allocated(state.params)) is None
    with pytest.raises(ValueError, match="24 rows cannot be cut evenly over 5 devices"):
        fewest_micro_batches(state, config, MODEL, 5, available)


def test_the_fewest_devices_divide_the_batch(state):
    config = dataclasses.replace(CONFIG, batch_size=24)
    fixed = fixed_bytes(state) + 70
    assert fewest_devices(state, config, MODEL, fixed + 7 * 1_500) == 4  # 6 rows each
    assert fewest_devices(state, config, MODEL, fixed + 24 * 1_500) == 1
    assert fewest_devices(state, config, MODEL, fixed) is None


def test_a_sharded_optimizer_fits_on_more_devices(state):
    config = dataclasses.replace(CONFIG, batch_size=64, shard_optimizer=True)
    available = 2 * allocated(state.params) + 70 + allocated(state.opt_state) // 4 + 600 + 4 * 1_500
    number = fewest_devices(state, config, MODEL, available)
    assert device_memory(state, config, MODEL, number).total <= available
    assert device_memory(state, config, MODEL, number // 2).total > available
    assert fewest_devices(state, dataclasses.replace(config, shard_optimizer=False), MODEL, available) is None


def test_a_batch_that_cannot_be_cut_is_refused(state):
    with pytest.raises(ValueError, match="8 rows cannot be cut evenly over 3 devices"):
        device_memory(state, CONFIG, MODEL, 3)


def test_bytes_of_shapes_are_those_of_arrays(state):
    assert num_bytes(shapes_of(CONFIG)) == num_bytes(state) == allocated(state)


def test_config_of_the_published_run_asks_for_three_rows_a_device(state):
    assert device_memory(state, TrainConfig(), MODEL, 512).activations == 3 * 1_000
