import jax.numpy as jnp
import numpy as np
import pytest
from agront_train import OptimizerConfig
from agront_train.update import learning_rate_schedule, make_optimizer


@pytest.mark.parametrize(
    ("update", "rate"), [(0, 5e-5), (8_000, 7.5e-5), (16_000, 1e-4), (64_000, 5e-5), (256_000, 2.5e-5)]
)
def test_schedule_is_the_familys(update, rate):
    assert float(learning_rate_schedule(OptimizerConfig())(update)) == pytest.approx(rate, rel=1e-5)


def test_schedule_does_not_jump_at_its_peak():
    schedule = learning_rate_schedule(OptimizerConfig(warmup_steps=100))
    assert abs(float(schedule(101)) - float(schedule(100))) < 1e-4 * 0.006


def update(config, grads, params, times=1):
    optimizer = make_optimizer(config)
    state = optimizer.init(params)
    for _ in range(times):
        updates, state = optimizer.update(grads, state, params)
    return updates


def test_first_update_of_adam_is_the_rate_against_the_sign():
    updates = update(OptimizerConfig(), {"w": jnp.array([3.0, -0.5])}, {"w": jnp.zeros(2)})
    np.testing.assert_allclose(updates["w"], [-5e-5, 5e-5], rtol=1e-4)


def test_decay_reaches_weights_and_embeddings_only_also_in_a_layer_stack():
    params = {"stack": {"w": jnp.ones((2, 3, 3)), "b": jnp.ones((2, 3)), "scale": jnp.ones((2, 3))}}
    params["embed"] = {"embeddings": jnp.ones((4, 3))}
    grads = {module: {name: jnp.zeros_like(leaf) for name, leaf in leaves.items()} for module, leaves in params.items()}
    config = OptimizerConfig(weight_decay=0.1, initial_learning_rate=1e-3, peak_learning_rate=1e-3)
    updates = update(config, grads, params)
    np.testing.assert_allclose(updates["stack"]["w"], -1e-4, rtol=1e-5)
    np.testing.assert_allclose(updates["embed"]["embeddings"], -1e-4, rtol=1e-5)
    np.testing.assert_array_equal(updates["stack"]["b"], 0.0)
    np.testing.assert_array_equal(updates["stack"]["scale"], 0.0)


@pytest.mark.parametrize(
    "settings",
    [
        *({"warmup_steps": 0}, {"peak_learning_rate": 0.0}, {"weight_decay": -1.0}, {"clip_norm": 0.0}, {"b1": 1.0}),
        *({"initial_learning_rate": float("nan")}, {"peak_learning_rate": float("inf")}, {"b2": float("nan")}),
        *({"eps": float("nan")}, {"weight_decay": float("nan")}, {"clip_norm": float("inf")}),
    ],
)
def test_impossible_settings_are_refused(settings):
    [(name, value)] = settings.items()
    with pytest.raises(ValueError, match=rf"^optimizer\.{name} is {value}: it must be "):
        OptimizerConfig(**settings)


def test_decay_that_would_reach_nothing_is_refused():
    with pytest.raises(ValueError, match="finds nothing to decay"):
        update(OptimizerConfig(weight_decay=0.1), {"kernel": jnp.ones(2)}, {"kernel": jnp.ones(2)})
