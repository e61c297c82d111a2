import jax
import pytest
from agront_model.inference import Embedder
from agront_model.inference.devices import DeviceFunction


def test_a_device_without_memory_for_a_batch_is_a_sentence(pretrained, make_row, monkeypatch):
    def fail(self, *arrays):
        raise jax.errors.JaxRuntimeError(self.reason)

    embedder = Embedder(pretrained, devices=jax.local_devices()[:1])
    monkeypatch.setattr(DeviceFunction, "__call__", fail)
    monkeypatch.setattr(DeviceFunction, "reason", "RESOURCE_EXHAUSTED: Out of memory.", raising=False)
    with pytest.raises(ValueError, match=r"memory is too small for a batch: .* smaller --batch-tokens"):
        embedder([make_row(0, 20)])
    monkeypatch.setattr(DeviceFunction, "reason", "INTERNAL: something else")
    with pytest.raises(jax.errors.JaxRuntimeError, match="something else"):
        embedder([make_row(0, 20)])
