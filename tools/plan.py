#!/usr/bin/env python3
"""Say what a run costs before it starts: `tools/plan.py agront-1b --devices tpu-v4:512`. It only computes.

The options are those of `tools/pretrain.py` that costs depend on.
"""

import bootstrap  # noqa: F401
from collections.abc import Mapping

from agront_data import GenomeStore, WindowGrid
from agront_model import count_parameters
from agront_train.devices import MemoryPlan, find_remedies, num_bytes, plan_memory, plan_time
from presets import PRESETS, in_options
from pretraining import PlannedRun
from rich.console import Console
from rich.table import Column, Table
from terminal import counted, errors_as_sentences, make_console, new_table, read_command_line

# 10.5 million sequences of 6 kbp, of 48 species (AgroNT paper; the product is derived).
_PUBLISHED_BASES = 63e9


def plan(run: PlannedRun, console: Console) -> None:
    """Print what can be known of a run beforehand."""
    if run.utilisation is not None and not 0 < run.utilisation <= 1:
        raise ValueError(f"--utilisation is {run.utilisation}: it must lie in (0, 1]")
    accelerator, count = run.where()
    usable, state = accelerator.usable_bytes, run.state()
    models = {remat: run.model_costs(remat) for remat in (True, False)}
    memory = {remat: plan_memory(state, run.train, model, count, usable) for remat, model in models.items()}
    console.print(work_table(run))
    console.print()
    console.print(memory_table(run, memory))
    if not memory[run.remat].fits:
        found = remedies(run)
        advice = f"try {', or '.join(found)}" if found else "it takes more devices, or some with more memory"
        console.print(f"\n[bold red]does not fit[/] into {run.devices}: {advice}", highlight=False, soft_wrap=True)


def remedies(run: PlannedRun) -> list[str]:
    """Options with which a run that does not fit would fit."""
    accelerator, count = run.where()
    models = {remat: run.model_costs(remat) for remat in (True, False)}
    found = []
    for remedy in find_remedies(run.state(), run.train, models, count, accelerator.usable_bytes, remat=run.remat):
        options = ["--remat"] if remedy.remat and not run.remat else []
        options += ["--train.shard-optimizer"] if remedy.shard_optimizer and not run.train.shard_optimizer else []
        if remedy.micro_batches != run.train.micro_batches:
            options.append(f"--train.micro-batches {remedy.micro_batches}")
        found.append(" ".join(options))
    return found


def work_table(run: PlannedRun) -> Table:
    """What is computed, for how long, and what it leaves on the disk."""
    accelerator, count = run.where()
    train, compute, num_tokens = run.train, run.precision.compute, run.task().num_tokens
    peak, tokens, row = accelerator.peak_flops(compute), train.batch_size * num_tokens, run.row_costs(run.remat)
    needed, made = train.batch_size * row.needed.total, train.batch_size * row.made.total
    time = plan_time(run.state(), train, run.model_costs(run.remat), count, accelerator, compute)
    seconds = time.total if run.utilisation is None else needed / (run.utilisation * count * peak)
    rows = train.batch_size // (count * train.micro_batches)
    checkpoint = num_bytes(run.state())

    columns = Column(style="bold", no_wrap=True), Column(overflow="fold")
    table = Table(*columns, box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_row(
        "model",
        f"{count_parameters(run.model):,} parameters: {run.model.num_layers} layers, width {run.model.embed_dim}, "
        f"{compute}",
    )
    table.add_row(
        "devices", f"{count:,} x {accelerator.name}: {size(accelerator.usable_bytes)}, {peak / 1e12:,.4g} TFLOP/s"
    )
    table.add_row(
        "a step", f"{train.batch_size:,} rows x {num_tokens:,} tokens = {tokens:,} tokens, {power(needed)} FLOP"
    )
    table.add_row("", f"on each device {counted(train.micro_batches, 'micro-batch', 'es')} of {counted(rows, 'row')}")
    table.add_row(
        "the run",
        f"{counted(train.steps, 'step')}, {power(train.steps * tokens)} tokens, {power(train.steps * needed)} FLOP",
    )
    table.add_row("", passes(run))
    remat = f"--{'' if run.remat else 'no-'}remat"
    table.add_row("computed", f"{made / needed - 1:.0%} more than needed with {remat}; attention: {row.attention}")
    how = f"at {run.utilisation:.0%} of the peak (given)" if run.utilisation else f"limited by {time.limit} (estimated)"
    table.add_row("time", f"{duration(train.steps * seconds)}, {how}")
    if not run.utilisation:
        parts = (duration(part) for part in (time.matrix, time.memory, time.interconnect))
        table.add_row("", "{} a step: matrix unit {}, memory {}, exchange {}".format(duration(seconds), *parts))
    of_peak = f"{needed / (seconds * count * peak):.0%} of the peak"
    table.add_row("", f"{of_peak}, {power(tokens / seconds)} tokens/s; evaluation comes on top")
    table.add_row(
        "disk",
        f"{size(checkpoint)} a checkpoint; {size((train.keep_checkpoints + 1) * checkpoint)} for "
        f"{train.keep_checkpoints} and the one being written, before compression",
    )
    return table


def passes(run: PlannedRun) -> str:
    """How often the run reads its sequence."""
    rows = run.train.steps * run.train.batch_size
    if run.data is None:
        return (
            f"{rows * run.windows.length / _PUBLISHED_BASES:,.3g} passes over the published corpus (63 Gbp, 48 species)"
        )
    store = GenomeStore.open(run.data, endpoint=run.endpoint)
    windows = len(WindowGrid.build(store, run.windows, run.held_out, "training"))
    return f"{rows / windows:,.3g} passes over the {windows:,} training windows of {run.data}"


def memory_table(run: PlannedRun, plans: Mapping[bool, MemoryPlan]) -> Table:
    """The memory of a device by part, with remat and without, and what fits."""
    usable = run.where()[0].usable_bytes
    table = new_table(
        "each device holds", *(f"{'with' if r else 'without'} remat{' *' * (r == run.remat)}" for r in plans)
    )
    parts = {
        "parameters": "parameters",
        "gradients": "gradients",
        "accumulator": "gradients summed over micro-batches",
        "adam": "Adam's moments" + (", a share" if run.train.shard_optimizer else ""),
        "share": "a share of the parameters",
        "weight_copy": f"weights in {run.precision.compute}",
        "activations": "activations",
        "transient": "a layer's arrays, or logits",
    }
    for field, label in parts.items():
        numbers = [getattr(each.memory, field) for each in plans.values()]
        if any(numbers):
            table.add_row(label, *map(size, numbers))
    table.add_row("total", *(size(each.memory.total) for each in plans.values()), style="bold")
    table.add_row()
    fits = ("[green]yes[/]" if each.fits else "[bold red]no[/]" for each in plans.values())
    table.add_row(f"fits {size(usable)}", *fits)
    table.add_row("largest micro-batch, rows", *(f"{each.largest_micro_batch:,}" for each in plans.values()))
    fewest = [each.fewest_micro_batches for each in plans.values()]
    table.add_row("fewest micro-batches here", *("none" if number is None else f"{number:,}" for number in fewest))
    fewest = [each.fewest_devices for each in plans.values()]
    label = f"fewest devices, with {counted(run.train.micro_batches, 'micro-batch', 'es')}"
    table.add_row(label, *("none" if number is None else f"{number:,}" for number in fewest))
    return table


def size(number: float) -> str:
    """Bytes as people read them."""
    for unit in ("B", "KiB", "MiB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1024
    return f"{number:,.2f} GiB"


def power(number: float) -> str:
    """A large number: 3.27e21."""
    return f"{number:.3g}".replace("e+", "e")


def duration(seconds: float) -> str:
    """Seconds in the unit that fits."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:.3g} seconds" if seconds >= 1 else f"{1e3 * seconds:.3g} ms"


def main() -> None:
    """Read the command line; report bad input in a sentence."""
    presets = {name: (text, PlannedRun.of(experiment)) for name, (text, experiment) in PRESETS.items()}
    with errors_as_sentences("", in_options):
        plan(read_command_line(presets, __doc__), make_console(shows_result=True))


if __name__ == "__main__":
    main()
