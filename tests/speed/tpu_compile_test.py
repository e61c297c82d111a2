import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "speed" / "tpu_compile.py"
# 40 layers' weights, of which the step exchanges each twice: 4 of attention, 2 of the feed-forward network.
STACKED_BYTES = 4 * (4 * 40 * 1500 * 1500 + 2 * 40 * 1500 * 5120)


def run(*arguments):
    # As users run it: the tests' own XLA flags would change what is compiled.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XLA_", "JAX_"))}
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_wrong_topology_is_a_sentence_that_names_others():
    outcome = run("--topology", "v4:axb", "--json")
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert outcome.stderr.startswith("error --topology v4:axb: there is no such topology; ")
    assert "v4:8x8x8" in outcome.stderr


@pytest.mark.skipif(importlib.util.find_spec("libtpu") is not None, reason="libtpu is installed")
def test_without_libtpu_the_remedy_is_said():
    outcome = run("--topology", "v4:2x2x1")
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert "pip install 'agront-train[tpu]'" in outcome.stderr


def figures(*arguments):
    if importlib.util.find_spec("libtpu") is None:
        pytest.skip("libtpu is not installed: pip install 'agront-train[tpu]'")
    outcome = run(*arguments, "--json")
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.count("\n") == 1
    return json.loads(outcome.stdout)


@pytest.fixture(scope="module")
def whole():
    """The figures of a step with a whole optimizer on each device."""
    return figures("--topology", "v4:2x2x1")


@pytest.fixture(scope="module", params=["v4:2x2x1", "v5e:2x2"])
def compiled(request):
    """Those with a sharded optimizer; one program after the other, since each takes some GiB."""
    return figures("--topology", request.param, "--shard-optimizer", "--remat")


@pytest.mark.slow
def test_the_peak_is_what_the_plan_says(compiled):
    assert 0.9 * compiled["planned_bytes"] <= compiled["peak_bytes"] <= 1.05 * compiled["planned_bytes"]
    assert compiled["peak_bytes"] <= compiled["usable_bytes"]


@pytest.mark.slow
def test_the_published_step_takes_the_planned_memory_and_time(whole):
    assert 0.95 * whole["planned_bytes"] <= whole["peak_bytes"] <= 1.05 * whole["planned_bytes"]
    assert whole["donated_leaves"] == whole["state_leaves"]
    assert {kernel["times"] for kernel in whole["kernels"]} == {40}  # forward and backward, each once a layer
    # The plan's exchange is that of a closed torus; four devices have fewer links.
    exchange = whole["interconnect_seconds"] - whole["planned_exchange_seconds"]
    assert whole["estimated_seconds"] - exchange == pytest.approx(whole["planned_seconds"], rel=0.1)


@pytest.mark.slow
def test_the_whole_state_is_donated(compiled):
    assert compiled["donated_leaves"] == compiled["state_leaves"] > 80


@pytest.mark.slow
def test_no_stacked_parameter_is_copied(whole):
    arrays = [copy["array"] for copy in whole["copies"]]
    assert [array for array in arrays if array.startswith(("f32[40,", "f32[1,40,"))] == []


@pytest.mark.slow
def test_each_stacked_gradient_is_summed_once_and_each_share_collected_once(compiled):
    large = [each for each in compiled["collectives"] if each["num_bytes"] > 100e6]
    assert sum(each["num_bytes"] for each in large) == pytest.approx(2 * STACKED_BYTES, rel=0.01)
    assert {each["kind"] for each in large} <= {"all-reduce", "reduce-scatter", "all-gather"}
    assert not any(each["in_loop"] for each in compiled["collectives"])
    # In float32; and how many hosts want to stop.
    arrays = [array for each in compiled["collectives"] for array in each["arrays"]]
    assert {array.partition("[")[0] for array in arrays} == {"f32", "s32"}
    assert [array for array in arrays if array.startswith("s32")] == ["s32[1]"]


@pytest.mark.slow
def test_the_flops_are_those_that_the_plan_counts(compiled):
    # More than the model needs: heads padded to 128, and what remat computes again.
    assert compiled["flops"] == pytest.approx(compiled["planned_flops"], rel=0.01)
    assert compiled["flops"] > compiled["needed_flops"]
    assert compiled["matrix_seconds"] < compiled["estimated_seconds"]


@pytest.mark.slow
def test_what_does_not_fit_is_a_sentence_with_both_figures():
    if importlib.util.find_spec("libtpu") is None:
        pytest.skip("libtpu is not installed: pip install 'agront-train[tpu]'")
    outcome = run("--topology", "v5e:2x2", "--json")  # Adam's moments are whole on each device
    assert (outcome.returncode, outcome.stdout) == (1, "")
    needed = re.search(r"does not fit: the compiler needs ([\d.]+) GiB on each device, and 15\.75 GiB", outcome.stderr)
    assert needed is not None, outcome.stderr
    assert 15.75 < float(needed[1]) < 25
