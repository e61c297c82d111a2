"""The real train step of the preset agront-1b, compiled for TPUs that are not there: memory, FLOP, bytes, time.

    pip install 'agront-train[tpu]'                                      libtpu, the compiler; no TPU is needed
    python speed/tpu_compile.py                                          512 TPU v4, 3 rows each
    python speed/tpu_compile.py --remat
    python speed/tpu_compile.py --topology v5e:2x2 --shard-optimizer --remat

Claims: the step takes at most 1.05 times the memory that `tools/plan.py` says, every array of the state is donated, and
no stacked parameter is copied (a sharded optimizer copies them, since it cuts its shares out of flat arrays).
`tests/speed/tpu_compile_test.py` holds them for two topologies.

Nothing is run. Memory and program are the compiler's, times its own estimates, in cycles. FLOP and bytes are counted in
the text of the program, with loop bodies as often as they run. The compiler has no estimate for Pallas kernels: for
these `compiled_program/kernels.py` has a rule. Takes one to five minutes on 2 cores, and 3 to 6 GiB of memory.
"""

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "tools"))

import jax
from agront_train.devices import device_memory, plan_time
from compiled_program import (
    BACKWARD_SHARE,
    CHIPS,
    FORWARD_SHARE,
    GIB,
    LARGE_COPY,
    CompiledStep,
    compile_step,
    parse_topology,
    summarize,
    topology_devices,
)
from presets import PRESETS
from pretraining import PlannedRun
from terminal import errors_as_sentences

PRESET = "agront-1b"

# libtpu asks the machine which TPU it has, unless told. Any answer will do: the topology says what to compile for.
LIBTPU_ENVIRONMENT = {
    "TPU_SKIP_MDS_QUERY": "1",
    "TPU_WORKER_HOSTNAMES": "localhost",
    "TPU_WORKER_ID": "0",
    "TPU_ACCELERATOR_TYPE": "v4-8",
}


def planned_run(arguments: argparse.Namespace, num_devices: int) -> PlannedRun:
    """The preset's run on these devices, with the options of the command line."""
    run = PlannedRun.of(PRESETS[PRESET][1])
    train = dataclasses.replace(
        run.train, batch_size=arguments.rows * num_devices, shard_optimizer=arguments.shard_optimizer
    )
    remat = run.remat if arguments.remat is None else arguments.remat
    devices = f"{parse_topology(arguments.topology).accelerator.name}:{num_devices}"
    return dataclasses.replace(run, devices=devices, train=train, remat=remat)


def figures(run: PlannedRun, topology: str, kind: str, num_devices: int, step: CompiledStep) -> dict[str, Any]:
    """All that is known of the compiled step, as JSON-able values: bytes, seconds, FLOP; of one device."""
    chip, row, costs = parse_topology(topology), run.row_costs(run.remat), run.model_costs(run.remat)
    found = summarize(step.text, chip, topology, num_devices, step.num_state_leaves)
    plan = device_memory(run.state(), run.train, costs, num_devices)
    planned = plan_time(run.state(), run.train, costs, num_devices, chip.accelerator, run.precision.compute)
    rows = run.train.batch_size // num_devices
    needed, made = rows * row.needed.total, rows * row.made.total
    return {
        "topology": topology,
        "device_kind": kind,
        "num_devices": num_devices,
        "rows": rows,
        "remat": run.remat,
        "shard_optimizer": run.train.shard_optimizer,
        "seconds_to_compile": step.seconds,
        "peak_bytes": step.peak_bytes,
        "planned_bytes": plan.total,
        "planned": dataclasses.asdict(plan),
        "usable_bytes": chip.accelerator.usable_bytes,
        "argument_bytes": step.argument_bytes,
        "state_leaves": step.num_state_leaves,
        "needed_flops": needed,
        "planned_flops": made,
        "planned_seconds": planned.total,
        "planned_exchange_seconds": planned.interconnect,
        "share_of_peak": needed / chip.peak_flops / found.estimated_seconds,
        **dataclasses.asdict(found),
    }


def lines(told: dict[str, Any]) -> Iterator[str]:
    """The figures as people read them."""
    yield (
        f"{told['num_devices']} x {told['device_kind']} ({told['topology']}), {told['rows']} rows each, "
        f"{'remat' if told['remat'] else 'no remat'}{', sharded optimizer' * told['shard_optimizer']}; "
        f"compiled in {told['seconds_to_compile']:.0f} s"
    )
    yield ""
    yield (
        f"memory        peak {told['peak_bytes'] / GIB:.2f} GiB, planned {told['planned_bytes'] / GIB:.2f}: "
        f"{told['peak_bytes'] / told['planned_bytes']:.2f} times the plan; "
        f"usable {told['usable_bytes'] / GIB:.2f}; arguments {told['argument_bytes'] / GIB:.2f}"
    )
    yield f"donated       {told['donated_leaves']} of {told['state_leaves']} arrays of the state"
    yield (
        f"products      {told['flops'] / 1e12:.2f} TFLOP, planned {told['planned_flops'] / 1e12:.2f}, "
        f"needed {told['needed_flops'] / 1e12:.2f}"
    )
    yield f"main memory   {told['hbm_bytes'] / 1e9:.1f} GB moved"
    yield f"interconnect  {told['sent_bytes'] / 1e9:.2f} GB sent"
    yield (
        f"roofline      matrix unit {1e3 * told['matrix_seconds']:.1f} ms, "
        f"memory {1e3 * told['memory_seconds']:.1f} ms, interconnect {1e3 * told['interconnect_seconds']:.1f} ms"
    )
    yield (
        f"estimated     {1e3 * told['estimated_seconds']:.0f} ms a step: the FLOP that are needed at "
        f"{told['share_of_peak']:.1%} of the peak; planned {1e3 * told['planned_seconds']:.0f} ms"
    )
    yield ""
    yield f"{'estimated, by part':40s}{'ms':>8s}{'TFLOP':>9s}{'GB':>9s}"
    for part in (part for part in told["parts"] if part["seconds"] >= 5e-5 or part["flops"]):
        numbers = f"{1e3 * part['seconds']:8.1f}{part['flops'] / 1e12:9.2f}{part['hbm_bytes'] / 1e9:9.1f}"
        yield f"{part['name']:40s}{numbers}"
    for kernel in told["kernels"]:
        by_rule = f"{1e3 * kernel['seconds']:.1f} ms, {kernel['flops'] / 1e12:.2f} TFLOP"
        known = by_rule if kernel["flops"] else "no rule for it, so no time"
        yield f"  kernel {kernel['name']}: {_often(kernel['times'])}, {known}"
    if told["kernels"]:
        yield (
            f"  rule: FLOP of its products at the padded width, at {FORWARD_SHARE:.0%} of the peak forward and "
            f"{BACKWARD_SHARE:.0%} backward; from instruction counts for TPU v4, not measured"
        )
    yield ""
    yield f"copies of {LARGE_COPY / 1e6:.0f} MB and more:{' none' * (not told['copies'])}"
    for copy, count in _counted(told["copies"]):
        fused = ", within a fusion" if copy["fused"] else ""
        yield f"  {count} x {copy['array']}, {copy['num_bytes'] / 1e6:,.0f} MB, {_often(copy['times'])}{fused}"
    yield "collectives:"
    for collective, count in _counted(told["collectives"]):
        arrays = collective["arrays"]
        shown = arrays[0] if len(arrays) == 1 else f"{len(arrays)} arrays"
        yield (
            f"  {count} x {collective['kind']}, {shown}, {collective['num_bytes'] / 1e6:,.1f} MB, "
            f"{_often(collective['times'])}{' in a loop' * collective['in_loop']}, "
            f"{'asynchronous' if collective['asynchronous'] else 'synchronous'}"
        )


def _often(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _counted(items: list[dict[str, Any]]) -> list[tuple[dict[str, Any], int]]:
    """Equal items once each, with their number, the largest first."""
    once = [item for place, item in enumerate(items) if item not in items[:place]]
    return sorted(((item, items.count(item)) for item in once), key=lambda pair: -pair[0]["num_bytes"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    known = ", ".join(topology for chip in CHIPS.values() for topology in chip.topologies)
    parser.add_argument("--topology", default="v4:8x8x8", help=f"default: v4:8x8x8; also {known}")
    parser.add_argument("--rows", type=int, default=3, metavar="N", help="rows on each device (default: 3)")
    parser.add_argument("--remat", action=argparse.BooleanOptionalAction, help="default: the preset's")
    parser.add_argument("--shard-optimizer", action="store_true", help="a share of Adam's moments on each device")
    parser.add_argument("--json", action="store_true", help="print one JSON object: bytes, seconds, FLOP of a device")
    parser.add_argument("--hlo", type=Path, metavar="FILE", help="write the program there too")
    arguments = parser.parse_args()
    os.environ |= LIBTPU_ENVIRONMENT
    jax.config.update("jax_platforms", "cpu")
    with errors_as_sentences(""):
        if arguments.rows < 1:
            raise ValueError(f"--rows is {arguments.rows}: it must be at least 1")
        devices = topology_devices(arguments.topology)
        run = planned_run(arguments, len(devices))
        step = compile_step(run, devices)
        if arguments.hlo:
            arguments.hlo.write_text(step.text)
        told = figures(run, arguments.topology, devices[0].device_kind, len(devices), step)
        print(json.dumps(told) if arguments.json else "\n".join(lines(told)))


if __name__ == "__main__":
    main()
