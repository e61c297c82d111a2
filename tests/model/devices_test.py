import subprocess
import sys

import jax
import pytest
from agront_model import choose_devices, explaining_memory


def test_the_first_devices_or_all():
    devices = jax.local_devices()
    assert choose_devices() == devices
    assert choose_devices(1) == devices[:1]
    for number in (0, -1, len(devices) + 1):
        with pytest.raises(ValueError, match=rf"--devices is {number}: this machine has {len(devices)} \(cpu\)"):
            choose_devices(number)


def test_a_platform_that_cannot_start_is_named_with_those_that_can():
    """In a process of its own, whose JAX has not begun; the second time is as the first."""
    code = """
import jax
from agront_model import AGRONT_1B, choose_devices, count_parameters

for platform in ("nonsense", "nonsense", "cuda", "tpu"):
    jax.config.update("jax_platforms", platform)
    assert count_parameters(AGRONT_1B) == 991_260_405  # of shapes alone: it takes no device
    try:
        choose_devices()
    except ValueError as error:
        print(error)
jax.config.update("jax_platforms", "cpu")
print(choose_devices()[0].platform)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    *refused, started = ended.stdout.splitlines()
    assert started == "cpu"
    for line, platform in zip(refused, ["nonsense", "nonsense", "cuda", "tpu"], strict=True):
        assert line.startswith(f"JAX_PLATFORMS is '{platform}', and JAX cannot start that: ")
        assert "It can start cpu here: set JAX_PLATFORMS to that, or do not set it" in line
        assert ("pip install 'jax[cuda12]'" in line) == (platform == "cuda")


def test_missing_memory_is_a_sentence_and_other_errors_are_not_touched():
    said = r"^the device's memory is too small for a step: give less$"
    with pytest.raises(ValueError, match=said), explaining_memory("for a step: give less"):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes")
    with pytest.raises(jax.errors.JaxRuntimeError, match="INTERNAL"), explaining_memory("for a step: give less"):
        raise jax.errors.JaxRuntimeError("INTERNAL: something else")
