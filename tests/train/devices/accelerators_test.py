from unittest.mock import Mock

import jax
import pytest
from agront_train.devices import (
    ACCELERATORS,
    accelerators,
    measured_peak_flops,
    parse_devices,
    peak_flops,
    peak_rate,
)


def device(kind):
    """As much of a device as is looked at."""
    return Mock(spec=jax.Device, platform="gpu", device_kind=kind)


# Vendors' figures for dense products, in TFLOP/s: bfloat16, and float32 as JAX multiplies it by default.
@pytest.mark.parametrize(
    ("kind", "bfloat16", "float32"),
    [
        ("TPU v3", 123 / 2, 123 / 2),  # a device is one of a chip's two cores
        ("TPU v4", 275, 275),
        ("TPU v5 lite", 197, 197),
        ("TPU v5", 459, 459),
        ("TPU v6 lite", 918, 918),
        ("NVIDIA A100-SXM4-80GB", 312, 156),
        ("NVIDIA H100 80GB HBM3", 1979 / 2, 989 / 2),
        ("NVIDIA L4", 121, 60),
        ("Tesla V100-SXM2-16GB", 15.7, 15.7),
    ],
)
def test_devices_are_recognised_by_their_kind(kind, bfloat16, float32):
    assert peak_flops(device(kind), "bfloat16") == pytest.approx(bfloat16 * 1e12, rel=2e-3)
    assert peak_flops(device(kind), "float32") == pytest.approx(float32 * 1e12, rel=2e-3)


def test_of_other_devices_no_peak_is_known():
    assert peak_flops(device("NVIDIA H100"), "bfloat16") is None  # might be either of two, of different rates
    assert peak_flops(jax.devices("cpu")[0], "float32") is None


def test_no_kind_belongs_to_two():
    kinds = [kind for accelerator in ACCELERATORS.values() for kind in accelerator.device_kinds]
    assert len(kinds) == len(set(kinds))
    assert all(name == accelerator.name and accelerator.source for name, accelerator in ACCELERATORS.items())


def test_memory_is_what_a_program_may_fill():
    # Of TPUs as libtpu says it in "exceeds available HBM (30.75G)"; of GPUs nine tenths of the nominal memory.
    gib = {name: accelerator.usable_bytes / 2**30 for name, accelerator in ACCELERATORS.items()}
    assert (gib["tpu-v4"], gib["tpu-v5e"], gib["tpu-v6e"]) == (30.75, 15.75, 31.25)
    assert (gib["a100-40gb"], gib["h100"]) == pytest.approx((36, 72))


@pytest.mark.parametrize("compute", ["float32", "bfloat16"])
def test_a_rate_is_measured_where_none_is_known(compute):
    device = jax.devices("cpu")[0]
    rate = measured_peak_flops(device, compute, seconds=1e-4)
    assert 1e8 < rate < 1e14  # no processor is slower or faster


def test_the_rates_of_several_devices_add_up():
    assert peak_rate([device("TPU v4")] * 8, "bfloat16") == 8 * 275e12


def test_devices_of_a_cpu_are_one_whose_rate_is_measured(monkeypatch):
    monkeypatch.setattr(accelerators, "measured_peak_flops", lambda device, compute: 5e10)
    assert peak_rate(jax.devices("cpu"), "float32") == 5e10
    assert peak_rate([device("an unknown GPU")] * 2, "float32") == 1e11


def test_devices_are_named_with_their_number():
    assert parse_devices("tpu-v4:512") == (ACCELERATORS["tpu-v4"], 512)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tpu:8", "^tpu:8: 'tpu' is none of tpu-v2, tpu-v3, "),
        ("h100", "^h100: say how many, as h100:8$"),
        ("h100:0", "^h100:0: say how many, as h100:8$"),
        ("h100:-1", "^h100:-1: say how many, as h100:8$"),
    ],
)
def test_other_texts_name_no_devices(text, message):
    with pytest.raises(ValueError, match=message):
        parse_devices(text)
