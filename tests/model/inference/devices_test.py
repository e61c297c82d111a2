import jax
import jax.numpy as jnp
import numpy as np
import pytest
from agront_model.inference.devices import DeviceFunction, devices_or_all, rows_of

needs_four = pytest.mark.skipif(jax.local_device_count() < 4, reason="needs four devices, virtual ones will do")


def scaled(params, arrays):
    return params["w"][0] * arrays[0] + arrays[1][:, None]


@needs_four
@pytest.mark.parametrize("num_devices", [1, 2, 4])
def test_rows_come_back_in_order(num_devices):
    function = DeviceFunction(scaled, {"w": jnp.full(3, 2.0)}, jax.local_devices()[:num_devices])
    rows, shifts = np.arange(24, dtype=np.float32).reshape(8, 3), np.arange(8, dtype=np.int32)
    result = function(rows, shifts)
    assert result.shape == (num_devices, 8 // num_devices, 3)
    np.testing.assert_array_equal(rows_of(result), 2 * rows + shifts[:, None])


@needs_four
def test_parameters_are_sent_once_and_not_copied_where_they_lie_already():
    weights = jax.device_put(np.ones((64, 1024), np.float32), jax.local_devices()[0])
    before = {id(array) for array in jax.live_arrays()}
    function = DeviceFunction(lambda params, arrays: params["w"][0, :3] + arrays[0], {"w": weights}, jax.devices()[:4])
    rows = np.zeros((4, 3), np.float32)
    rows_of(function(rows))
    (copies,) = [x for x in jax.live_arrays() if id(x) not in before and x.shape == weights.shape]
    places = {shard.device: shard.data.unsafe_buffer_pointer() for shard in copies.addressable_shards}
    assert len(set(places.values())) == 4
    assert places[jax.local_devices()[0]] == weights.unsafe_buffer_pointer()
    # A second call sends the rows, and of the parameters nothing.
    with jax.transfer_guard_device_to_device("disallow_explicit"):
        np.testing.assert_array_equal(rows_of(function(rows)), 1)


def test_all_devices_of_the_host_unless_some_are_named():
    assert devices_or_all(None) == tuple(jax.local_devices())
    assert devices_or_all(jax.local_devices()[-1:]) == tuple(jax.local_devices()[-1:])
    with pytest.raises(ValueError, match="no devices"):
        devices_or_all(())
