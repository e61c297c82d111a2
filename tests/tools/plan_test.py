import re

import jax
import plan
import pytest
from agront_data import HeldOut, WindowGrid, Windows, ingest_genomes

TINY = (
    *("--model.num-layers", "2", "--model.embed-dim", "16", "--model.num-heads", "2", "--model.ffn-dim", "32"),
    *("--windows.length", "96", "--train.batch-size", "8", "--train.steps", "30"),
)


@pytest.fixture
def plan_tool(run_tool):
    return lambda *arguments: run_tool(plan.main, *arguments)


def numbers(outcome, label):
    """The two numbers of a line of the table of memory: with remat, without."""
    line = re.search(rf"^ *{re.escape(label)} +(.+?) *$", outcome.out, re.MULTILINE)
    return re.split("  +", line[1])


def test_the_published_run_on_the_published_devices(plan_tool):
    outcome = plan_tool("agront-1b", "--devices", "tpu-v4:512")
    assert (outcome.code, outcome.err) == (0, "")
    assert "991,260,405 parameters" in outcome.out
    assert "1,536 rows x 1,024 tokens = 1,572,864 tokens" in outcome.out
    assert "on each device 1 micro-batch of 3 rows" in outcome.out
    # The paper's 3.1e21 FLOP and some 44 passes, which are rounded: 6,138 bases a row, 63 Gbp, 315,000 x 1,536 rows.
    assert "3.27e21 FLOP" in outcome.out
    assert "47.1 passes" in outcome.out
    # 4 bytes a parameter, and 8 for Adam's moments; a checkpoint holds all 12.
    gib = 991_260_405 * 4 / 2**30
    assert numbers(outcome, "parameters") == numbers(outcome, "gradients") == [f"{gib:.2f} GiB"] * 2
    assert numbers(outcome, "Adam's moments") == [f"{2 * gib:.2f} GiB"] * 2
    assert f"{3 * gib:.2f} GiB a checkpoint" in outcome.out
    assert numbers(outcome, "fits 30.75 GiB") == ["yes", "yes"]


def test_time_follows_from_flop_peak_and_utilisation(plan_tool):
    # 3.2657e21 FLOP on 512 x 275e12 FLOP/s: 6.4 hours at the peak, and the four days of the paper at 6.7 %.
    assert (
        "12.9 hours, at 50% of the peak (given)"
        in plan_tool("agront-1b", "--devices", "tpu-v4:512", "--utilisation", "0.5").out
    )
    assert (
        "4.0 days, at 7% of the peak (given)"
        in plan_tool("agront-1b", "--devices", "tpu-v4:512", "--utilisation", "0.067").out
    )


# Peaks of the whole step of agront-1b, in GiB, as libtpu 0.0.42 compiles it (speed/tpu_compile.py).
@pytest.mark.parametrize(
    ("devices", "rows", "with_remat", "without"),
    [
        ("tpu-v4", 1, None, 18.34),
        ("tpu-v4", 3, 17.63, 21.72),
        ("tpu-v4", 8, 19.20, 30.30),
        ("tpu-v5p", 3, None, 21.80),
        ("tpu-v5p", 8, None, 30.44),
        ("tpu-v6e", 3, None, 21.76),
        ("tpu-v6e", 8, 19.12, None),
    ],
)
def test_memory_is_what_the_compiler_takes(plan_tool, devices, rows, with_remat, without):
    check_memory(
        plan_tool("agront-1b", "--devices", f"{devices}:4", "--train.batch-size", 4 * rows), with_remat, without
    )


@pytest.mark.parametrize(("devices", "with_remat", "without"), [("tpu-v5e", 12.97, None), ("tpu-v4", None, 16.68)])
def test_memory_with_a_sharded_optimizer_is_what_the_compiler_takes(plan_tool, devices, with_remat, without):
    options = "--devices", f"{devices}:4", "--train.batch-size", "12", "--train.shard-optimizer"
    check_memory(plan_tool("agront-1b", *options), with_remat, without)


def check_memory(outcome, with_remat, without):
    found = [float(number.removesuffix(" GiB")) for number in numbers(outcome, "total")]
    for number, compiled in zip(found, (with_remat, without), strict=True):
        assert compiled is None or number == pytest.approx(compiled, rel=0.05)


# Estimates of the same compiler, in ms, without the exchange: here 4 devices have fewer links than a torus.
@pytest.mark.parametrize(
    ("devices", "rows", "remat", "compiled"),
    [
        ("tpu-v4", 1, "--no-remat", 185),
        ("tpu-v4", 3, "--no-remat", 332),
        ("tpu-v4", 8, "--no-remat", 853),
        ("tpu-v4", 3, "--remat", 348),
        ("tpu-v4", 8, "--remat", 750),
        ("tpu-v5p", 3, "--no-remat", 183),
        ("tpu-v5p", 8, "--no-remat", 395),
        ("tpu-v6e", 3, "--no-remat", 193),
        ("tpu-v6e", 8, "--remat", 366),
    ],
)
def test_the_time_of_a_step_is_what_the_compiler_estimates(plan_tool, devices, rows, remat, compiled):
    out = plan_tool("agront-1b", "--devices", f"{devices}:4", "--train.batch-size", 4 * rows, remat).out
    matrix, memory = map(float, re.search(r"a step: matrix unit ([\d.]+) ms, memory ([\d.]+) ms,", out).groups())
    assert matrix + memory == pytest.approx(compiled, rel=0.1)


def test_the_time_of_a_step_names_what_limits_it(plan_tool):
    # The exchange: 3.97 GB of gradients twice, at 270 GB/s, but for a 512th.
    out = plan_tool("agront-1b", "--devices", "tpu-v4:512").out
    total, matrix, memory = map(
        float, re.search(r"(\d+) ms a step: matrix unit (\d+) ms, memory (\d+) ms, exchange 29.3 ms", out).groups()
    )
    assert total == pytest.approx(matrix + memory + 29.3, abs=1.5)
    assert "limited by memory (estimated)" in out
    assert "attention: splash" in out
    assert "attention: all heads" in plan_tool("agront-1b", "--devices", "tpu-v3:512").out


def test_a_plan_starts_no_device(plan_tool, monkeypatch):
    def fail(*_):
        raise AssertionError("a device is asked for")

    for name in ("devices", "local_devices", "default_backend"):
        monkeypatch.setattr(jax, name, fail)
    assert plan_tool("agront-1b", "--devices", "tpu-v4:512").code == 0


def test_the_memory_that_the_published_model_took_on_a_cpu(plan_tool):
    # Measured: one row of 1,024 tokens in float32 with remat took 16.0 GiB at its peak, the process itself included.
    outcome = plan_tool("agront-1b", "--devices", "l4:1", "--train.batch-size", "1", "--precision.compute", "float32")
    assert float(numbers(outcome, "total")[0].removesuffix(" GiB")) == pytest.approx(16.0, rel=0.1)


def test_what_does_not_fit_comes_with_what_does(plan_tool):
    outcome = plan_tool("agront-1b", "--devices", "h100:8")
    assert numbers(outcome, "fits 72.00 GiB")[0] == "no"
    needed = int(re.search(r"does not fit into h100:8: try --train.micro-batches (\d+)[,\n]", outcome.out)[1])
    fitting = plan_tool("agront-1b", "--devices", "h100:8", "--train.micro-batches", needed)
    assert numbers(fitting, "fits 72.00 GiB")[0] == "yes"
    assert numbers(fitting, "gradients summed over micro-batches") == numbers(fitting, "gradients")
    # One micro-batch fewer, of those that divide 192 rows, is too much.
    fewer = max(number for number in range(1, needed) if 192 % number == 0)
    assert "does not fit" in plan_tool("agront-1b", "--devices", "h100:8", "--train.micro-batches", fewer).out


def test_where_nothing_fits_other_devices_are_asked_for(plan_tool):
    outcome = plan_tool("agront-1b", "--devices", "tpu-v2:1")
    assert "does not fit into tpu-v2:1: it takes more devices, or some with more memory" in outcome.out
    assert numbers(outcome, "fewest micro-batches here") == ["none", "none"]


@pytest.mark.parametrize("devices", ["v100-32gb:8", "tpu-v5e:16", "a100-40gb:2"])
def test_every_remedy_is_one(plan_tool, devices):
    without = plan_tool("agront-1b", "--devices", devices, "--no-remat")
    remedies = re.search(r"does not fit into [^ ]+: try (.+)", without.out)[1].split(", or ")
    assert remedies
    for remedy in remedies:
        assert "does not fit" not in plan_tool("agront-1b", "--devices", devices, "--no-remat", *remedy.split()).out


def test_a_share_of_adam_goes_to_each_device(plan_tool):
    outcome = plan_tool("agront-1b", "--devices", "tpu-v4:512", "--train.shard-optimizer")
    assert numbers(outcome, "Adam's moments, a share")[0] == f"{991_260_405 * 8 / 512 / 2**20:.3g} MiB"


def test_passes_over_ones_own_store(plan_tool, tmp_path, write_fasta, random_dna):
    write_fasta(tmp_path / "genome.fa", chr1=random_dna(0, 5000))
    store = ingest_genomes({"genome": [tmp_path / "genome.fa"]}, tmp_path / "store")
    outcome = plan_tool("demo", "--devices", "l4:1", "--data", store.location, *TINY)
    grid = WindowGrid.build(store, Windows(length=96, max_n_fraction=0.05), HeldOut(every=10), "training")
    assert outcome.code == 0
    assert f"{30 * 8 / len(grid):.3g} passes over the {len(grid)} training windows" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--devices", "tpu:8"), "'tpu' is none of tpu-v2, tpu-v3, tpu-v4"),
        (("--devices", "h100"), "say how many, as h100:8"),
        (("--devices", "h100:0"), "say how many, as h100:8"),
        (("--devices", "h100:3"), "a batch of 16 rows cannot be cut evenly over 3 devices"),
        (("--devices", "h100:8", "--utilisation", "40"), "--utilisation is 40.0: it must lie in (0, 1]"),
        (("--devices", "h100:8", "--windows.length", "6000"), "give --windows.length 762 or less"),
        (("--devices", "h100:8", "--data", "nowhere"), "nowhere"),
    ],
)
def test_bad_options_end_in_a_sentence(plan_tool, arguments, message):
    outcome = plan_tool("demo", *arguments)
    assert outcome.code == 1
    assert message in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.245, "245 ms"),
        (119, "119 seconds"),
        (120, "2.0 minutes"),
        (86_400, "24.0 hours"),
        (345_600, "4.0 days"),
    ],
)
def test_durations(seconds, text):
    assert plan.duration(seconds) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (2048, "2 KiB"),
        (1.5 * 2**20, "1.5 MiB"),
        (2**34, "16.00 GiB"),
        (2**41, "2,048.00 GiB"),
    ],
)
def test_sizes(number, text):
    assert plan.size(number) == text
