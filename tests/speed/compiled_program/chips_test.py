import importlib.util
import sys

import pytest
from compiled_program.chips import CHIPS, parse_topology, topology_devices


@pytest.mark.parametrize(
    ("topology", "links"),
    [
        ("v4:8x8x8", 6),
        ("v4:4x4x4", 6),
        ("v4:2x2x1", 2),  # neither closed to a ring
        ("v4:2x2x4", 4),
        ("v5e:2x2", 2),
        ("v5e:4x4", 2),
        ("v5e:16x16", 4),
    ],
)
def test_the_links_of_a_device(topology, links):
    assert parse_topology(topology).interconnect_bytes(topology) == links * 45e9


@pytest.mark.parametrize(("name", "gigahertz"), [("v4", 1.05), ("v5e", 1.5), ("v5p", 1.75), ("v6e", 1.75)])
def test_clocks_are_those_that_peaks_and_matrix_units_give(name, gigahertz):
    assert CHIPS[name].hertz / 1e9 == pytest.approx(gigahertz, abs=0.005)


@pytest.mark.parametrize("topology", ["v9:2x2", "v4", "v4:", "v4:8", "v4:0x2", "v4:2x2x1x1", "v4:axb", "h100:8"])
def test_a_topology_that_there_is_not(topology):
    with pytest.raises(ValueError, match=f"--topology {topology}: there is no such topology; .*v4:8x8x8.*v5e:2x2"):
        topology_devices(topology)


def test_without_libtpu_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "libtpu", None)
    with pytest.raises(ValueError, match=r"^libtpu.* is not installed: pip install 'agront-train\[tpu\]'"):
        topology_devices("v4:2x2x1")
