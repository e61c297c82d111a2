import dataclasses

import jax
import pytest
from agront_train import init_state
from agront_train.devices import ACCELERATORS, ModelCosts, plan_time, sent_bytes, state_traffic
from toy_training import CONFIG, toy_task

V4 = ACCELERATORS["tpu-v4"]
COSTS = ModelCosts(0, 0, row_flops=1_000_000, row_traffic=50_000, weight_copy=300)


@pytest.fixture(scope="module")
def state():
    return jax.eval_shape(lambda: init_state(toy_task(), CONFIG))


@pytest.fixture(scope="module")
def size():
    """Bytes of the toy's parameters: 21 x 16, 48 x 16, 16 x 21 and 21 numbers in float32."""
    return 4 * (336 + 768 + 336 + 21)


def test_adam_reads_four_arrays_and_writes_three(state, size):
    # The gradient is written, added up and squared; the copy of the weights is made of arrays twice its size.
    assert state_traffic(state, CONFIG, weight_copy=300) == (3 + 4 + 3) * size + 900
    assert state_traffic(state, dataclasses.replace(CONFIG, micro_batches=2), weight_copy=0) == (10 + 2) * size


def test_a_sum_over_devices_sends_all_but_the_own_share_twice(state, size):
    assert sent_bytes(state, CONFIG, 4, V4) == 2 * size * 3 / 4
    assert sent_bytes(state, CONFIG, 1, V4) == 0


@pytest.mark.parametrize(("name", "times"), [("tpu-v4", 4), ("tpu-v5p", 4), ("tpu-v5e", 3), ("h100", 2)])
def test_what_a_sharded_optimizer_sends(state, size, name, times):
    # As libtpu 0.0.42 and XLA for H100 compile it: scattered and collected by whole sums, or not.
    sharded = dataclasses.replace(CONFIG, shard_optimizer=True)
    assert sent_bytes(state, sharded, 4, ACCELERATORS[name]) == times * size * 3 / 4


def test_a_step_takes_the_sum_of_its_parts_and_names_the_longest(state, size):
    time = plan_time(state, dataclasses.replace(CONFIG, batch_size=8), COSTS, 4, V4, "bfloat16")
    assert time.interconnect == pytest.approx(1.5 * size / 270e9)
    assert time.total == time.matrix + time.memory + time.interconnect
    assert time.limit == "memory"
    twice = plan_time(state, dataclasses.replace(CONFIG, batch_size=16), COSTS, 4, V4, "bfloat16")
    assert twice.matrix == pytest.approx(2 * time.matrix)
    much = plan_time(state, CONFIG, COSTS._replace(row_flops=10**15), 4, V4, "bfloat16")
    assert much.limit == "matrix unit"
